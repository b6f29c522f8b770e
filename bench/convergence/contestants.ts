import type * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {adamW, muon, type Optimizer, optimizers, prodigy} from '../../src';

/** How the learning rate changes during a run. */
export const SCHEDULES = ['constant', 'oneCycle'] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** The name that says in a record that `lrFind` chose the rate. */
export const LR_FIND = 'lrFind';

/** Where a contestant's learning rate comes from. */
export type Rates =
  | {
      /** The grid is searched, from this rate on. */
      readonly searchFrom: number;
    }
  | {
      /** One rate for all tasks, or what `lrFind` suggests for each seed. */
      readonly always: number | typeof LR_FIND;
    };

export interface Contestant {
  /** The name in files and on the command line. */
  readonly name: string;
  readonly rates: Rates;
  readonly schedules: readonly Schedule[];
  /** @param model whose weights it will train. */
  readonly make: (lr: number, model: tf.LayersModel) => Optimizer;
}

/** The rate that an optimizer has if none is given. */
function defaultRate(optimizer: Optimizer): number {
  const {lr} = at(optimizer.hypers, 0);
  optimizer.dispose();
  if (typeof lr !== 'number') throw new Error(`The default learning rate must be a number; got ${String(lr)}.`);
  return lr;
}

const searched: readonly Contestant[] = optimizers.map(({name, make}) => ({
  name,
  rates: {searchFrom: defaultRate(make())},
  // Schedule-Free needs a constant rate.
  schedules: name.startsWith('scheduleFree') ? ['constant'] : SCHEDULES,
  // Muon's author leaves the output layer to AdamW.
  make: name === 'muon' ? (lr, model) => muon(lr, {head: model}) : lr => make(lr),
}));

const ADAM_W_RATE = defaultRate(adamW());

/** All optimizers of the table at searched rates, and ways to do without a search. */
export const CONTESTANTS: readonly Contestant[] = [
  ...searched,
  {name: 'prodigy at 1', rates: {always: 1}, schedules: SCHEDULES, make: lr => prodigy(lr)},
  {
    name: 'prodigy at 1 with biasCorrection',
    rates: {always: 1},
    schedules: SCHEDULES,
    make: lr => prodigy(lr, {biasCorrection: true}),
  },
  {name: `adamW at ${ADAM_W_RATE}`, rates: {always: ADAM_W_RATE}, schedules: SCHEDULES, make: lr => adamW(lr)},
  {name: 'adamW at lrFind', rates: {always: LR_FIND}, schedules: SCHEDULES, make: lr => adamW(lr)},
];

/** The learning rate of a place in the grid, which has two rates per factor of ten. */
export function rateAt(place: number): number {
  return Number((10 ** (place / 2)).toPrecision(2));
}

/** The place in the grid that is nearest to a rate. */
export function placeOf(lr: number): number {
  return Math.round(2 * Math.log10(lr));
}
