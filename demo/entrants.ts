import * as tf from '@tensorflow/tfjs';
import {optimizers} from 'tfjs-optim';

import {ratesFor} from '../examples/digits/rates';

/** How charts and tables show an optimizer. */
export interface Look {
  /** The name of a colour in style.css. */
  readonly hue: string;
  /** SVG's `stroke-dasharray`. Related optimizers have the same colour and different dashes. */
  readonly dash: string;
}

/** An optimizer that can take part. */
export interface Entrant {
  readonly name: string;
  readonly look: Look;
  /** A highest learning rate of one-cycle that suits this network. */
  readonly lr: number;
  readonly make: (lr: number) => tf.Optimizer;
}

const SOLID = 'none';
const DASHED = '6 3';
const DOTTED = '1 3';
const DASH_DOT = '7 3 1 3';
const LONG = '12 3';

/** For an optimizer that the list below does not have. */
const OTHER: Look = {hue: 'orange', dash: DOTTED};

const LOOKS: Readonly<Record<string, Look>> = {
  sgd: {hue: 'green', dash: SOLID},
  larc: {hue: 'green', dash: DASHED},
  lion: {hue: 'green', dash: DASH_DOT},
  adafactor: {hue: 'green', dash: DOTTED},
  rmsProp: {hue: 'orange', dash: SOLID},
  adagrad: {hue: 'orange', dash: DASHED},
  adadelta: {hue: 'orange', dash: DASH_DOT},
  adam: {hue: 'blue', dash: SOLID},
  adamW: {hue: 'blue', dash: DASHED},
  nAdamW: {hue: 'blue', dash: DASH_DOT},
  stableAdamW: {hue: 'blue', dash: DOTTED},
  adamax: {hue: 'blue', dash: LONG},
  rAdam: {hue: 'sky', dash: SOLID},
  qhAdam: {hue: 'sky', dash: DASHED},
  adEMAMix: {hue: 'sky', dash: DASH_DOT},
  laProp: {hue: 'sky', dash: DOTTED},
  adopt: {hue: 'sky', dash: LONG},
  lamb: {hue: 'purple', dash: SOLID},
  adaBelief: {hue: 'purple', dash: DASHED},
  adan: {hue: 'purple', dash: DASH_DOT},
  mars: {hue: 'purple', dash: DOTTED},
  prodigy: {hue: 'purple', dash: LONG},
  ranger: {hue: 'vermilion', dash: SOLID},
  muon: {hue: 'vermilion', dash: DASHED},
  scheduleFreeAdamW: {hue: 'vermilion', dash: DASH_DOT},
  scheduleFreeSgd: {hue: 'vermilion', dash: DOTTED},
  scheduleFreeRAdam: {hue: 'vermilion', dash: LONG},
};

/** Every training has this optimizer, to compare the others with. */
export const YARDSTICK: Entrant = {
  name: 'tf.train.adam',
  look: {hue: 'grey', dash: '2 3'},
  lr: 0.01,
  make: lr => tf.train.adam(lr),
};

/** All optimizers of the package, then the yardstick. */
export const ENTRANTS: readonly Entrant[] = [
  ...optimizers.map(({name, make}): Entrant => ({
    name,
    make: lr => make(lr),
    look: LOOKS[name] ?? OTHER,
    lr: ratesFor(name).cycle,
  })),
  YARDSTICK,
];

/** The entrant of that name. @throws where no entrant has it. */
export function entrantNamed(name: string): Entrant {
  const found = ENTRANTS.find(entrant => entrant.name === name);
  if (found === undefined)
    throw new Error(
      `There is no optimizer '${name}'. The optimizers are ${ENTRANTS.map(entrant => entrant.name).join(', ')}.`,
    );
  return found;
}
