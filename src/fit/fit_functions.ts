import type {History} from '@tensorflow/tfjs-layers';

import {checkWhole} from '../schedule/options';
import {cycleLengths, type FlatCosOptions, type OneCycleOptions, type SgdrOptions} from '../schedule/policies';
import {flatCos, type KeepOption, oneCycle, sgdr} from './schedulers';
import {train, trainFunction} from './train';

/**
 * Trains with one-cycle; see `oneCycle`. Takes the data and all arguments of `fit(x, y, args)` or `fitDataset(dataset,
 * args)`, arrays of numbers in the place of tensors, callbacks of any kinds, `signal`, `onProgress`, and the settings
 * of `oneCycle`. With `initialEpoch`, the schedule begins there.
 * @throws (rejects) where the model's optimizer is not one of this package or a setting is impossible; nothing is
 *   changed then.
 */
export const fitOneCycle = /* @__PURE__ */ trainFunction<OneCycleOptions & KeepOption, History>(
  {
    name: 'fitOneCycle',
    own: ['lrMax', 'wd', 'div', 'divFinal', 'pctStart', 'moms', 'keep'],
    inOrder: ['epochs', 'lrMax'],
  },
  async (model, fitOn, {lrMax, wd, div, divFinal, pctStart, moms, keep, ...args} = {}) =>
    train(model, fitOn, args, [oneCycle({lrMax, wd, div, divFinal, pctStart, moms, keep})]),
);

/** Trains at a flat rate, then along half a cosine; see `flatCos` and, for the arguments, `fitOneCycle`. */
export const fitFlatCos = /* @__PURE__ */ trainFunction<FlatCosOptions & KeepOption, History>(
  {name: 'fitFlatCos', own: ['lrMax', 'wd', 'divFinal', 'pctStart', 'keep'], inOrder: ['epochs', 'lrMax']},
  async (model, fitOn, {lrMax, wd, divFinal, pctStart, keep, ...args} = {}) =>
    train(model, fitOn, args, [flatCos({lrMax, wd, divFinal, pctStart, keep})]),
);

/** Settings of `fitSgdr`. */
export interface FitSgdrOptions extends SgdrOptions, KeepOption {
  /** The epochs of the first cycle, a whole number from 1. Default 1. */
  readonly cycleLen?: number;
}

/**
 * Trains in cosine cycles with warm restarts; see `sgdr` and, for the other arguments, `fitOneCycle`. The number of
 * epochs is that of all cycles: `cycleLen` in the first, `cycleMult` times as many in each as in the one before.
 */
export const fitSgdr = /* @__PURE__ */ trainFunction<FitSgdrOptions, History>(
  {
    name: 'fitSgdr',
    own: ['lrMax', 'wd', 'cycles', 'cycleMult', 'cycleLen', 'keep'],
    inOrder: ['cycles', 'cycleLen', 'lrMax'],
  },
  async (model, fitOn, {lrMax, wd, cycles, cycleMult, cycleLen = 1, keep, epochs: given, ...args} = {}) => {
    if (given !== undefined)
      throw new Error(
        'fitSgdr trains for as many epochs as its cycles take: set `cycles` and `cycleLen` instead of `epochs`.',
      );
    checkWhole('cycleLen', cycleLen, 1);
    const lengths = cycleLengths({cycles, cycleMult}).map(length => length * cycleLen);
    if (!lengths.every(Number.isInteger))
      throw new Error(
        `The cycles have to be whole numbers of epochs; with cycleLen ${cycleLen} and cycleMult ${cycleMult} ` +
          `they are ${lengths}.`,
      );
    return train(model, fitOn, {...args, epochs: lengths.reduce((a, b) => a + b)}, [
      sgdr({lrMax, wd, cycles, cycleMult, keep}),
    ]);
  },
);
