import type {Weights} from '../torch/counterparts';
import {type ToTorchOptions, written} from '../torch/to_torch';

/**
 * Writes weights, and the state of an optimizer, as a file of the format safetensors for fastai. `load_into_fastai` of
 * `python/tfjs_optim.py` reads it, so that `learner.fit` goes on. The model of the learner has the names and layouts of
 * `toTorch`. Every optimizer that consists of callbacks of fastai can be written: its nine, and compositions.
 * @param model a model of layers, or the variables of another one.
 * @throws (rejects) for a layer without a counterpart, and for a callback that fastai does not have, unless `lossy`.
 * @example
 * ```ts
 * import {toFastai} from 'tfjs-optim/interchange';
 *
 * const optimizer = adam(1e-3, {params: [model]});
 * const bytes = await toFastai(model, {optimizer}); // save it as a file, for load_into_fastai
 * ```
 */
export function toFastai(model: Weights, options: ToTorchOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  return written('toFastai', model, options, async () => (await import('./fastai_state')).fastaiStateOf);
}
