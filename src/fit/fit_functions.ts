import type {History} from '@tensorflow/tfjs-layers';

import {cycleLengths, type FlatCosOptions, type OneCycleOptions, type SgdrOptions} from '../schedule/policies';
import type {TimeLength} from '../schedule/span';
import {checkWhole} from '../util/options';
import {flatCos, type KeepOption, oneCycle, sgdr} from './schedulers';
import {train, trainFunction} from './train';

/**
 * Trains with one-cycle; see `oneCycle`. It takes the data and all arguments of `fit(x, y, args)` or
 * `fitDataset(dataset, args)`, and the settings of `oneCycle`. Arrays of numbers can be given in place of tensors, and
 * callbacks of any kinds in one list. `signal` and `onProgress` are further arguments. With `initialEpoch`, the
 * schedule begins at that epoch. With `minutes` or `seconds`, it takes this time, which ends training; `epochs` is
 * then a limit, without one by default.
 * @throws (rejects) where the model's optimizer is not one of this package, or a setting is impossible. Then nothing
 *   is changed.
 * @formula `lr = a + (1 + cos(π·(1 - q)))·(b - a)/2`, first from `lrMax/div` to `lrMax`, then to `lrMax/divFinal`
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * const {history} = await fitOneCycle(model, xs, ys, {epochs: 3, lrMax: 1e-2});
 * ```
 */
export const fitOneCycle = /* @__PURE__ */ trainFunction<OneCycleOptions & KeepOption & TimeLength, History>(
  {
    name: 'fitOneCycle',
    own: ['lrMax', 'wd', 'div', 'divFinal', 'pctStart', 'moms', 'keep', 'minutes', 'seconds'],
    inOrder: {epochs: 3, lrMax: 1e-2},
  },
  async (_, fitOn, {lrMax, wd, div, divFinal, pctStart, moms, keep, minutes, seconds, ...args} = {}) => {
    const schedule = oneCycle({lrMax, wd, div, divFinal, pctStart, moms, keep, minutes, seconds});
    return train(fitOn, args, [schedule], {seconds: schedule.seconds});
  },
);

/**
 * Trains at a flat rate, then along half a cosine; see `flatCos`. For the arguments and errors see `fitOneCycle`.
 * @formula `lr = lrMax`, then `lrMax + (1 + cos(π·(1 - q)))·(lrMax/divFinal - lrMax)/2` for q from 0 to 1
 * @example
 * ```ts
 * model.compile({optimizer: ranger(1e-3), loss: 'meanSquaredError'});
 * const {history} = await fitFlatCos(model, xs, ys, {epochs: 3});
 * ```
 */
export const fitFlatCos = /* @__PURE__ */ trainFunction<FlatCosOptions & KeepOption & TimeLength, History>(
  {
    name: 'fitFlatCos',
    own: ['lrMax', 'wd', 'divFinal', 'pctStart', 'keep', 'minutes', 'seconds'],
    inOrder: {epochs: 3, lrMax: 1e-2},
  },
  async (_, fitOn, {lrMax, wd, divFinal, pctStart, keep, minutes, seconds, ...args} = {}) => {
    const schedule = flatCos({lrMax, wd, divFinal, pctStart, keep, minutes, seconds});
    return train(fitOn, args, [schedule], {seconds: schedule.seconds});
  },
);

/** Settings of `fitSgdr`. */
export interface FitSgdrOptions extends SgdrOptions, KeepOption, TimeLength {
  /** The number of epochs of the first cycle, a whole number from 1. Default 1. */
  readonly cycleLen?: number;
}

/**
 * Trains in cosine cycles with warm restarts; see `sgdr`. For the other arguments and errors see `fitOneCycle`. The
 * first cycle has `cycleLen` epochs; each later cycle has `cycleMult` times as many as the one before. `epochs` can't
 * be given, because the cycles determine it. With `minutes` or `seconds`, the cycles share this time; then `cycleLen`
 * can't be given.
 * @formula `lr = lrMax·(1 + cos(π·q))/2`, for q from 0 to 1 in each cycle
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * const {history} = await fitSgdr(model, xs, ys, {cycles: 2, cycleLen: 1, lrMax: 1e-2}); // 1 + 2 epochs
 * ```
 */
export const fitSgdr = /* @__PURE__ */ trainFunction<FitSgdrOptions, History>(
  {
    name: 'fitSgdr',
    own: ['lrMax', 'wd', 'cycles', 'cycleMult', 'cycleLen', 'keep', 'minutes', 'seconds'],
    inOrder: {cycles: 3, cycleLen: 1, lrMax: 1e-2},
  },
  async (
    _,
    fitOn,
    {lrMax, wd, cycles, cycleMult, cycleLen: len, keep, minutes, seconds: time, epochs: given, ...args} = {},
  ) => {
    if (given !== undefined)
      throw new Error(
        `fitSgdr has no argument 'epochs' (got ${given}), because its cycles determine it. ` +
          'Instead, set `cycles` and `cycleLen`.',
      );
    const schedule = sgdr({lrMax, wd, cycles, cycleMult, keep, minutes, seconds: time});
    const {seconds} = schedule;
    if (seconds !== undefined) {
      if (len !== undefined)
        throw new Error(
          `fitSgdr takes 'cycleLen', a number of epochs, or a time, not both; got ${len}. Leave it out.`,
        );
      return train(fitOn, args, [schedule], {seconds});
    }
    const cycleLen = len ?? 1;
    checkWhole('cycleLen', cycleLen, 1);
    const lengths = cycleLengths({cycles, cycleMult}).map(length => length * cycleLen);
    if (!lengths.every(Number.isInteger))
      throw new Error(
        `Each cycle must be a whole number of epochs; with cycleLen ${cycleLen} and cycleMult ${cycleMult} they are ` +
          `${lengths.join(', ')}. Change one of the two.`,
      );
    return train(fitOn, {...args, epochs: lengths.reduce((a, b) => a + b)}, [schedule]);
  },
);
