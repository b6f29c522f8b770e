import * as tf from '@tensorflow/tfjs';
import {optimizers} from 'tfjs-optim';

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
  /** A learning rate that suits this network. */
  readonly lr: number;
  readonly make: (lr: number) => tf.Optimizer;
}

const SOLID = 'none';
const DASHED = '6 3';
/** For an optimizer of the package that `SUITED` does not have. */
const OTHER: Omit<Entrant, 'name' | 'make'> = {look: {hue: 'orange', dash: DASHED}, lr: 1e-3};

const SUITED: Readonly<Record<string, Omit<Entrant, 'name' | 'make'>>> = {
  sgd: {look: {hue: 'green', dash: SOLID}, lr: 0.2},
  rmsProp: {look: {hue: 'orange', dash: SOLID}, lr: 5e-3},
  adam: {look: {hue: 'blue', dash: SOLID}, lr: 0.01},
  adamW: {look: {hue: 'blue', dash: DASHED}, lr: 0.01},
  rAdam: {look: {hue: 'sky', dash: SOLID}, lr: 0.02},
  qhAdam: {look: {hue: 'sky', dash: DASHED}, lr: 0.01},
  larc: {look: {hue: 'green', dash: DASHED}, lr: 0.5},
  lamb: {look: {hue: 'purple', dash: SOLID}, lr: 0.03},
  ranger: {look: {hue: 'vermilion', dash: SOLID}, lr: 0.03},
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
  ...optimizers.map(({name, make}): Entrant => ({name, make: lr => make(lr), ...(SUITED[name] ?? OTHER)})),
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
