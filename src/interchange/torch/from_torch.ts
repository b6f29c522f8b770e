import * as tf from '@tensorflow/tfjs-core';

import type {Optimizer} from '../../optimizer/optimizer';
import {at} from '../../util/at';
import {isDict} from '../../util/config_reader';
import {assign} from '../../util/own_writes';
import {shown} from '../../util/shown';
import {readSafetensors} from '../safetensors/read';
import {bytesOf, checkTransfer, warnUnread} from '../transfer/arguments';
import {checkTensor} from '../transfer/check_tensor';
import {type HostTensor, type TensorFile, toDevice} from '../transfer/host_tensor';
import {listed} from '../transfer/listed';
import {problems} from '../transfer/lossy';
import {GROUPS, jsonIn, malformedEntry, STATE} from '../transfer/metadata';
import {type ModuleThere, moduleThere, type Weights} from './counterparts';
import {OPTIONS, type ToTorchOptions} from './to_torch';
import type {readTorchState} from './torch_state';

/** Settings of `fromTorch`. */
export interface FromTorchOptions extends ToTorchOptions {
  /**
   * The optimizer that takes the state in the file. Without it, only weights are read, and a warning says so where the
   * file has such state. With false there is no warning.
   */
  readonly optimizer?: Optimizer | false;
  /**
   * Whether what the model or the optimizer can't have is left out, with a warning that names it. Default false: it is
   * an error.
   */
  readonly lossy?: boolean;
}

/**
 * Reads weights, and the state of an optimizer, from a file of the format safetensors that PyTorch wrote: by `save` of
 * `python/tfjs_optim.py`, or weights by `safetensors.torch.save_model`. Everything is checked before the first change.
 * @param bytes the file.
 * @param model a model of layers, or the variables of another one.
 * @throws (rejects) where the file and the model differ. Then nothing is changed.
 * @example
 * ```ts
 * import {fromTorch, toTorch} from 'tfjs-optim/interchange';
 *
 * const bytes = await toTorch(model); // or a file that PyTorch wrote
 * await fromTorch(bytes, model);
 * ```
 */
export function fromTorch(
  bytes: Uint8Array | ArrayBuffer,
  model: Weights,
  options: FromTorchOptions = {},
): Promise<void> {
  return readInto('fromTorch', bytes, model, options, async () => (await import('./torch_state')).readTorchState);
}

/**
 * Reads a file with the weights as PyTorch has them.
 * @param what the function as errors call it.
 * @param load loads the code that reads the state of the optimizer.
 */
export async function readInto(
  what: string,
  bytes: Uint8Array | ArrayBuffer,
  model: Weights,
  options: FromTorchOptions,
  load: () => Promise<typeof readTorchState>,
): Promise<void> {
  checkTransfer(what, 'bytes, model, ', options, OPTIONS, isWanted => !isWanted);
  const {optimizer = false} = options;
  const training = optimizer === false ? undefined : {optimizer, readState: await load()};
  read(what, bytes, model, options, training);
}

function read(
  what: string,
  bytes: Uint8Array | ArrayBuffer,
  model: Weights,
  options: FromTorchOptions,
  training: {readonly optimizer: Optimizer; readonly readState: typeof readTorchState} | undefined,
): void {
  const {lossy = false} = options;
  const file = readSafetensors(bytesOf(what, bytes));
  const module = moduleThere(what, model, options);
  const {problem, done} = problems(lossy, 'what the file and the model do not share is left out');
  const values = weightsIn(file, module, training !== undefined, problem);
  checkSettings(file, module, problem);
  const names = new Set([...module.counterparts, ...module.constants].map(({name}) => name));
  const strange = [...file.tensors.keys()].filter(
    name => !names.has(name) && !name.startsWith(STATE) && !name.endsWith('num_batches_tracked'),
  );
  if (strange.length > 0)
    problem(
      `The file has ${listed(strange)}, which the model does not have. Give the names of its layers in \`names\`.`,
    );
  done();
  const setState = training?.readState(file, training.optimizer, module.counterparts, {lossy});
  const tensors = values.map(toDevice);
  try {
    setState?.();
    module.counterparts.forEach(({variable}, i) => {
      const tensor = at(tensors, i);
      // With its optimizer's state, the weights are not written by others: points in weight space go on.
      if (training === undefined) variable.assign(tensor);
      else assign(variable, tensor);
    });
  } finally {
    tf.dispose(tensors);
  }
  if (options.optimizer === undefined && Object.keys(file.metadata).some(key => key.startsWith(GROUPS)))
    warnUnread(what, '{optimizer}');
}

/** The values of the counterparts, in their order and our layout. */
function weightsIn(
  {tensors}: TensorFile,
  {counterparts, constants}: ModuleThere,
  hasOptimizer: boolean,
  problem: (text: string) => void,
): HostTensor[] {
  const added = new Map<string, HostTensor>();
  for (const {name, shape, value, addedTo} of constants) {
    const tensor = tensors.get(name);
    if (tensor === undefined || tensor.data.every(x => x === value)) continue;
    checkTensor(name, tensor, 'float32', shape, 'the model');
    if (addedTo === undefined || hasOptimizer)
      problem(
        `'${name}' must be ${value} everywhere, because the layer here does not have it; in the file it has other ` +
          'values.',
      );
    if (addedTo !== undefined) added.set(addedTo, tensor);
  }
  return counterparts.map(({variable, name, layout}) => {
    const tensor = tensors.get(name);
    if (tensor === undefined)
      throw new Error(
        `The file has no '${name}', the counterpart of '${variable.name}'. It has ${listed(
          [...tensors.keys()].filter(one => !one.startsWith(STATE)),
        )}. Give the names of the file in \`names\`.`,
      );
    checkTensor(name, tensor, variable.dtype, layout.shapeThere(variable.shape), `'${variable.name}'`);
    const more = added.get(name);
    const whole: HostTensor =
      more === undefined
        ? tensor
        : {...tensor, dtype: 'float32', data: Float32Array.from(tensor.data, (x, i) => x + Number(more.data[i]))};
    return layout.here(whole);
  });
}

/** @throws where modules were made with other numbers than our layers. */
function checkSettings({metadata}: TensorFile, {settings}: ModuleThere, problem: (text: string) => void): void {
  const there = jsonIn(metadata, 'modules') ?? {};
  if (!isDict(there)) throw malformedEntry('modules');
  for (const [module, ours] of Object.entries(settings)) {
    const theirs = there[module];
    if (!isDict(theirs)) continue;
    for (const [key, value] of Object.entries(ours))
      if (key in theirs && !isNear(value, theirs[key]))
        problem(
          `'${module}' has ${key} ${shown(theirs[key])} in the file; the layer here has ${shown(value)}. ` +
            'Make it alike.',
        );
  }
}

function isNear(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-6 * Math.abs(a);
  return JSON.stringify(a) === JSON.stringify(b);
}
