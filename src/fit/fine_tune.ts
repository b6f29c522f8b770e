import type {History} from '@tensorflow/tfjs-layers';
import {optimizerOf} from '../of_model';
import {checkPositive} from '../schedule/options';
import type {OneCycleOptions} from '../schedule/plans';
import {slice} from '../slice';
import {oneCycle} from './schedulers';
import {train, trainFunction} from './train';

/** Settings of `fineTune`. */
export interface FineTuneOptions extends Pick<OneCycleOptions, 'div' | 'divFinal' | 'pctStart' | 'moms' | 'wd'> {
  /** The learning rate of the last group while the others are frozen, positive; half of it afterwards. Default 2e-3. */
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
 * Fine-tunes a pretrained model whose optimizer has groups (`layerGroups`): first the last group alone for `freezeEpochs`, in one-cycle with the
 * rate rising to `baseLr`; then all groups for `epochs`, in one-cycle with rates spread from `baseLr/2/lrMult` to `baseLr/2`. The optimizer's state
 * begins afresh in each part. All groups are thawed afterwards; where it throws or is stopped, freezing is as it was. `initialEpoch` counts the
 * epochs of both parts. Defaults: `pctStart` 0.3 and `div` 5 in the second part.
 * @throws where the optimizer has only one group.
 */
export const fineTune = /* @__PURE__ */ trainFunction<FineTuneOptions, FineTuneHistory>(
  async (model, fitOn, {baseLr = 2e-3, freezeEpochs = 1, lrMult = 100, div = 5, pctStart = 0.3, divFinal, moms, wd, epochs = 1, initialEpoch = 0, ...args} = {}) => {
    const optimizer = optimizerOf(model);
    checkPositive('baseLr', baseLr);
    checkPositive('lrMult', lrMult);
    if (!Number.isInteger(freezeEpochs) || freezeEpochs < 0) throw new Error(`'freezeEpochs' is a whole number from 0; got ${freezeEpochs}.`);
    const groups = optimizer.paramLists.length;
    if (groups < 2) throw new Error('fineTune freezes all groups but the last, so the optimizer needs two at least: make it with {params: layerGroups(model, […])}.');
    const part = (to: number, from: number, options: OneCycleOptions) => {
      if (from === 0) optimizer.clearState();
      return train(model, fitOn, {...args, epochs: to, initialEpoch: from}, [oneCycle({divFinal, moms, wd, ...options})]);
    };
    const before = optimizer.frozenIdx;
    try {
      let frozen: History | undefined;
      if (initialEpoch < freezeEpochs) {
        optimizer.freeze();
        frozen = await part(freezeEpochs, initialEpoch, {lrMax: slice(baseLr), pctStart: 0.99});
      }
      optimizer.unfreeze();
      return {frozen, unfrozen: await part(epochs, Math.max(0, initialEpoch - freezeEpochs), {lrMax: slice(baseLr / 2 / lrMult, baseLr / 2), div, pctStart})};
    } catch (error) {
      optimizer.freezeTo(before);
      throw error;
    }
  });
