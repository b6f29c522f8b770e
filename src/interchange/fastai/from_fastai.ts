import type {Weights} from '../torch/counterparts';
import {type FromTorchOptions, readInto} from '../torch/from_torch';

/**
 * Reads weights, and the state of an optimizer, from a file that `save_fastai` of `python/tfjs_optim.py` wrote, or
 * `toFastai`. The optimizer must have the callbacks and the groups of `learner.opt`. Its hypers, flags, frozen groups
 * and slow weights become those of the file. Everything is checked before the first change.
 * @param bytes the file.
 * @param model a model of layers, or the variables of another one.
 * @throws (rejects) where the file and the model or the optimizer differ. Then nothing is changed.
 * @example
 * ```ts
 * import {fromFastai, toFastai} from 'tfjs-optim/interchange';
 *
 * const optimizer = adam(1e-3, {params: [model]});
 * const bytes = await toFastai(model, {optimizer});
 * await fromFastai(bytes, model, {optimizer});
 * ```
 */
export function fromFastai(
  bytes: Uint8Array | ArrayBuffer,
  model: Weights,
  options: FromTorchOptions = {},
): Promise<void> {
  return readInto('fromFastai', bytes, model, options, async () => (await import('./fastai_state')).readFastaiState);
}
