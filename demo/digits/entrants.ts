import * as tf from '@tensorflow/tfjs';
import {optimizers} from 'tfjs-optim';

import {ratesFor} from '../../examples/digits/rates';
import {type Look, lookOf} from '../shared/look';

/** An optimizer that can take part. */
export interface Entrant {
  readonly name: string;
  readonly look: Look;
  /** A highest learning rate of one-cycle that suits this network. */
  readonly lr: number;
  readonly make: (lr: number) => tf.Optimizer;
}

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
    look: lookOf(name),
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
