import type {Optimizer} from '../../optimizer/optimizer';
import {writeSafetensors} from '../safetensors/write';
import {checkTransfer, warnWhereUntrained} from '../transfer/arguments';
import {float32, fromDevice, type HostTensor, sizeOf} from '../transfer/host_tensor';
import {moduleThere, type Names, type Weights} from './counterparts';
import type {torchStateOf} from './torch_state';

/** Settings of `toTorch`. */
export interface ToTorchOptions {
  /** The optimizer whose state goes along. Without it, or with false, only weights are written. */
  readonly optimizer?: Optimizer | false;
  /** What layers and weights are called in the module. */
  readonly names?: Names;
  /**
   * The number of examples per training step. PyTorch's running variance of batch normalization is an unbiased
   * estimate, and that of TensorFlow.js is not. With this number, it is multiplied by n/(n - 1), where n is the number
   * of values per channel and step. Without it, it is written as it is, so that predictions are equal.
   */
  readonly batchSize?: number;
  /** Whether state that the optimizer of PyTorch can't have is left out with a warning. Default false: an error. */
  readonly lossy?: boolean;
}

/**
 * Writes weights, and the state of an optimizer, as a file of the format safetensors for PyTorch. `load_into` of
 * `python/tfjs_optim.py` reads it. `docs/interchange.md` lists the layers and optimizers, and what a module must have.
 * @param model a model of layers, or the variables of another one.
 * @throws (rejects) for a layer or an optimizer without a counterpart; the message says what to do.
 * @example
 * ```ts
 * import {toTorch} from 'tfjs-optim/interchange';
 *
 * const optimizer = adamW(1e-3, {params: [model]});
 * const bytes = await toTorch(model, {optimizer}); // save it as a file, for load_into
 * ```
 */
export function toTorch(model: Weights, options: ToTorchOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  return written('toTorch', model, options, async () => (await import('./torch_state')).torchStateOf);
}

/** The options of all transfers to and from PyTorch and fastai. The most probable one is first. */
export const OPTIONS = ['optimizer', 'names', 'batchSize', 'lossy'];

/**
 * A file with the weights as PyTorch has them.
 * @param what the function as errors call it.
 * @param load loads the code for the state of the optimizer as the other side has it.
 */
export async function written(
  what: string,
  model: Weights,
  options: ToTorchOptions,
  load: () => Promise<typeof torchStateOf>,
): Promise<Uint8Array<ArrayBuffer>> {
  checkTransfer(what, 'model, ', options, OPTIONS, isWanted => !isWanted);
  const {optimizer = false, lossy = false} = options;
  const {counterparts, constants, settings} = moduleThere(what, model, options);
  if (optimizer !== false) warnWhereUntrained(what, model, optimizer);
  const state = optimizer === false ? undefined : await (await load())(optimizer, counterparts, {lossy});
  const weights = await Promise.all(
    counterparts.map(async ({variable, name, layout}): Promise<[string, HostTensor]> => [
      name,
      layout.there(await fromDevice(variable, variable.name)),
    ]),
  );
  const tensors = new Map(weights);
  for (const {name, shape, value} of constants)
    tensors.set(name, float32(shape, new Float32Array(sizeOf(shape)).fill(value)));
  for (const [name, tensor] of state?.tensors ?? []) tensors.set(name, tensor);
  return writeSafetensors(tensors, {
    format: 'pt',
    modules: JSON.stringify(settings),
    ...state?.metadata,
  });
}
