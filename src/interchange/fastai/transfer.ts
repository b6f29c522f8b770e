import type {Weights} from '../torch/counterparts';
import {type FromTorchOptions, readModule} from '../torch/from_torch';
import {type ToTorchOptions, writeModule} from '../torch/to_torch';
import {fastaiStateOf, readFastaiState} from './optimizers';

/**
 * Writes weights, and the state of an optimizer, as a file of the format safetensors for a `Learner` of fastai, whose
 * model is a module of PyTorch. `load_into_fastai` of `python/tfjs_optim.py` reads it. The settings are those of
 * `toTorch`. All nine optimizers of fastai are exact.
 * @param model a model of layers, or the variables of another one.
 * @throws (rejects) for a layer or a callback without a counterpart; the message says what to do.
 */
export function toFastai(model: Weights, options: ToTorchOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  return writeModule(model, options, fastaiStateOf);
}

/**
 * Reads weights, and the state of an optimizer, from a file that `save_fastai` of `python/tfjs_optim.py` wrote.
 * Everything is checked before the first change.
 * @param bytes the file.
 * @param model a model of layers, or the variables of another one.
 * @throws (rejects) where the file and the model differ. Then nothing is changed.
 */
export function fromFastai(
  bytes: Uint8Array | ArrayBuffer,
  model: Weights,
  options: FromTorchOptions = {},
): Promise<void> {
  return readModule(bytes, model, options, readFastaiState);
}
