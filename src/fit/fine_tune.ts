import * as tf from '@tensorflow/tfjs-core';
import type {History} from '@tensorflow/tfjs-layers';

import type {Optimizer} from '../optimizer/optimizer';
import {optimizerOf} from '../optimizer/optimizer_of_model';
import {slice} from '../rule/slice';
import {checkPositive, checkWhole} from '../schedule/options';
import type {OneCycleOptions} from '../schedule/policies';
import {isTensor} from '../util/tensors';
import {FitCallback} from './fit_callback';
import {oneCycle, type ParamScheduler} from './schedulers';
import {checkTrainArgs, train, trainFunction} from './train';

/** Settings of `fineTune`. */
export interface FineTuneOptions extends Pick<OneCycleOptions, 'div' | 'divFinal' | 'pctStart' | 'moms' | 'wd'> {
  /**
   * The learning rate of the last group while the others are frozen, positive; half of it afterwards. Default 2e-3.
   */
  readonly baseLr?: number;
  /** How many epochs to train the last group alone, a whole number from 0. Default 1. */
  readonly freezeEpochs?: number;
  /** How many times smaller the rate of the first group is than that of the last, positive. Default 100. */
  readonly lrMult?: number;
}

/** The history of each part of `fineTune`. */
export interface FineTuneHistory {
  /** Of the last group alone; absent where training went on after it. */
  readonly frozen: History | undefined;
  /** Of all groups. */
  readonly unfrozen: History;
}

/**
 * Fine-tunes a pretrained model whose optimizer has groups (`layerGroups`): first the last group alone for
 * `freezeEpochs`, in one-cycle with the rate rising to `baseLr`; then all groups for `epochs`, in one-cycle with rates
 * spread from `baseLr/2/lrMult` to `baseLr/2`. The optimizer's state begins afresh in each part. All groups are thawed
 * afterwards; where it throws or is stopped, freezing is as it was. `initialEpoch` counts the epochs of both parts.
 * Defaults: `pctStart` 0.3 and `div` 5 in the second part.
 * @throws where the optimizer has only one group.
 */
export const fineTune = /* @__PURE__ */ trainFunction<FineTuneOptions, FineTuneHistory>(
  {
    name: 'fineTune',
    own: ['baseLr', 'freezeEpochs', 'lrMult', 'div', 'divFinal', 'pctStart', 'moms', 'wd'],
    inOrder: ['epochs', 'baseLr', 'freezeEpochs'],
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
        'fineTune freezes all groups but the last, so the optimizer needs two at least: make it with {params: ' +
          'layerGroups(model, […])}.',
      );
    // Both before either trains, so that a wrong setting changes nothing.
    const common = {divFinal, moms, wd};
    const alone = oneCycle({...common, lrMax: slice(baseLr), pctStart: 0.99});
    const together = oneCycle({...common, lrMax: slice(baseLr / 2 / lrMult, baseLr / 2), div, pctStart});
    const part = (to: number, from: number, schedule: ParamScheduler) =>
      train(model, fitOn, {...args, epochs: to, initialEpoch: from}, [
        schedule,
        ...(from === 0 ? [afresh(optimizer)] : []),
      ]);
    const freezeAgain = freezingOf(optimizer);
    try {
      let frozen: History | undefined;
      if (initialEpoch < freezeEpochs) {
        optimizer.freeze();
        frozen = await part(freezeEpochs, initialEpoch, alone);
      }
      optimizer.unfreeze();
      return {frozen, unfrozen: await part(epochs, Math.max(0, initialEpoch - freezeEpochs), together)};
    } catch (error) {
      freezeAgain();
      throw error;
    }
  },
);

/** Clears the optimizer's state once the schedules are known to be possible. */
function afresh(optimizer: Optimizer): FitCallback {
  let begun = false;
  return new FitCallback({
    epochBegin: () => {
      if (!begun) optimizer.clearState();
      begun = true;
    },
  });
}

/** @returns freezes the groups as they are now. */
function freezingOf(optimizer: Optimizer): () => void {
  const {frozen, frozenIdx, state} = optimizer.stateDict();
  tf.dispose(state.flatMap(entries => Object.values(entries)).filter(isTensor));
  return () => {
    optimizer.freezeTo(frozenIdx);
    frozen.forEach((kind, i) => {
      optimizer.setFreeze(i, kind === 'no', kind === 'wholly');
    });
  };
}
