import * as tf from '@tensorflow/tfjs-core';
import type {History} from '@tensorflow/tfjs-layers';

import type {Optimizer} from '../optimizer/optimizer';
import {optimizerOf} from '../optimizer/optimizer_of_model';
import {slice} from '../rule/slice';
import type {OneCycleOptions} from '../schedule/policies';
import {tensorsIn} from '../state/state_dict';
import {checkPositive, checkWhole} from '../util/options';
import {FitCallback} from './fit_callback';
import {oneCycle, type ParamScheduler} from './schedulers';
import {checkTrainArgs, train, trainFunction} from './train';

/** Settings of `fineTune`. */
export interface FineTuneOptions extends Pick<OneCycleOptions, 'div' | 'divFinal' | 'pctStart' | 'moms' | 'wd'> {
  /**
   * The learning rate of the last group while the others are frozen, positive. Afterwards it is half of this value.
   * Default 2e-3.
   */
  readonly baseLr?: number;
  /** The number of epochs in which only the last group trains, a whole number from 0. Default 1. */
  readonly freezeEpochs?: number;
  /** The rate of the last group divided by that of the first group, positive. Default 100. */
  readonly lrMult?: number;
}

/** The histories of the two parts of `fineTune`. */
export interface FineTuneHistory {
  /** The part with only the last group; undefined where `initialEpoch` is after this part. */
  readonly frozen: History | undefined;
  /** The part with all groups. */
  readonly unfrozen: History;
}

/**
 * Fine-tunes a pretrained model whose optimizer has groups (`layerGroups`), in two parts. First only the last group
 * trains for `freezeEpochs`, in one-cycle with the rate rising to `baseLr`. Then all groups train for `epochs`, in
 * one-cycle with rates spread from `baseLr/2/lrMult` to `baseLr/2`. Each part clears the optimizer's state before its
 * first epoch. Afterwards all groups are unfrozen. Where it throws or is aborted, the groups are frozen as before the
 * call. `initialEpoch` counts the epochs of both parts. Defaults: `pctStart` 0.3 and `div` 5 in the second part.
 * @throws (rejects) where the optimizer has only one group, or a setting is impossible.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {params: [body, head]}), loss: 'meanSquaredError'});
 * await fineTune(model, xs, ys, {epochs: 2, freezeEpochs: 1, baseLr: 2e-3});
 * ```
 */
export const fineTune = /* @__PURE__ */ trainFunction<FineTuneOptions, FineTuneHistory>(
  {
    name: 'fineTune',
    own: ['baseLr', 'freezeEpochs', 'lrMult', 'div', 'divFinal', 'pctStart', 'moms', 'wd'],
    inOrder: {epochs: 3, baseLr: 2e-3, freezeEpochs: 1},
  },
  async (
    model,
    fitOn,
    {
      baseLr = 2e-3,
      freezeEpochs = 1,
      lrMult = 100,
      div = 5,
      pctStart = 0.3,
      divFinal,
      moms,
      wd,
      epochs = 1,
      initialEpoch = 0,
      ...args
    } = {},
  ) => {
    const optimizer = optimizerOf(model);
    checkPositive('baseLr', baseLr);
    checkPositive('lrMult', lrMult);
    checkWhole('freezeEpochs', freezeEpochs, 0);
    checkTrainArgs({...args, epochs, initialEpoch});
    fitOn.batches?.check({epochs: freezeEpochs, initialEpoch});
    fitOn.batches?.check({epochs, initialEpoch: Math.max(0, initialEpoch - freezeEpochs)});
    const groups = optimizer.paramLists.length;
    if (groups < 2)
      throw new Error(
        'fineTune freezes all groups except the last, so the optimizer needs at least two groups; it has one. ' +
          'Make it with {params: layerGroups(model, […])}.',
      );
    // Both schedules are made before training begins: a wrong setting then changes nothing.
    const common = {divFinal, moms, wd};
    const alone = oneCycle({...common, lrMax: slice(baseLr), pctStart: 0.99});
    const together = oneCycle({...common, lrMax: slice(baseLr / 2 / lrMult, baseLr / 2), div, pctStart});
    const part = (to: number, from: number, schedule: ParamScheduler, regroup: () => void, before = 0) =>
      train(
        fitOn,
        {...args, epochs: to, initialEpoch: from},
        [
          // Not earlier: while a dataset is counted, the user's own `fit` may run.
          new FitCallback({trainBegin: regroup}),
          schedule,
          ...(from === 0 ? [cleared(optimizer)] : []),
        ],
        {before},
      );
    const freezeAgain = recordedFreezing(optimizer);
    try {
      let frozen: History | undefined;
      if (initialEpoch < freezeEpochs)
        frozen = await part(freezeEpochs, initialEpoch, alone, () => {
          optimizer.freeze();
        });
      const from = Math.max(0, initialEpoch - freezeEpochs);
      const unfreeze = () => {
        optimizer.unfreeze();
      };
      const unfrozen = await part(epochs, from, together, unfreeze, freezeEpochs);
      return {frozen, unfrozen};
    } catch (error) {
      freezeAgain();
      throw error;
    }
  },
);

/** Clears the optimizer's state before the first epoch: by then the schedules are known to be possible. */
function cleared(optimizer: Optimizer): FitCallback {
  let begun = false;
  return new FitCallback({
    epochBegin: () => {
      if (!begun) optimizer.clearState();
      begun = true;
    },
  });
}

/** Records which groups are frozen. @returns a function that restores this. */
function recordedFreezing(optimizer: Optimizer): () => void {
  const dict = optimizer.stateDict();
  tf.dispose(tensorsIn(dict));
  const {frozen, frozenIdx} = dict;
  // In a partition, each group has one entry per part. All parts of a group are frozen alike.
  const each = frozen.length / optimizer.paramLists.length;
  return () => {
    optimizer.freezeTo(frozenIdx);
    for (const [i, kind] of frozen.entries())
      if (i % each === 0) optimizer.setFreeze(i / each, kind === 'no', kind === 'wholly');
  };
}
