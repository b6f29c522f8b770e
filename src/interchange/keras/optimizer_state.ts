import * as tf from '@tensorflow/tfjs-core';

import type {Optimizer} from '../../optimizer/optimizer';
import {asOptimizer} from '../../optimizer/optimizer_of_model';
import type {Callback} from '../../rule/declaration';
import {type StateDict, tensorsIn} from '../../state/state_dict';
import type {ParameterState} from '../../state/state_view';
import {at} from '../../util/at';
import {isDict} from '../../util/config_reader';
import {shown} from '../../util/shown';
import {isTensor} from '../../util/tensors';
import {
  float32,
  float32FromDevice,
  type HostTensor,
  type HostTensorOf,
  scalar,
  toDevice,
} from '../transfer/host_tensor';
import {onlyNumber} from './h5';
import {BASE_OFF, CLIPPING, make, type OptimizerRow, ROWS} from './optimizer_table';

/** A variable, and how errors call it. */
export interface Trained {
  readonly variable: tf.Variable;
  readonly where: string;
}

/** What an optimizer is in Keras. */
interface Described {
  readonly row: OptimizerRow;
  /** The index of its clipping in `CLIPPING`; -1 without. */
  readonly clip: number;
  readonly hypers: Readonly<Record<string, number>>;
}

/** Reads one variable of Keras's optimizer. */
export type ReadVariable = (index: number, shape: readonly number[]) => HostTensor;

/** An optimizer with the state that it gets. Nothing is changed before `apply`. */
export interface Prepared {
  readonly optimizer: Optimizer;
  apply(): void;
  dispose(): void;
}

const CAN_MOVE =
  'Those that can be moved are sgd, kerasAdam, adadelta, lion, and rmsProp, adagrad and adamax with ' +
  "{like: 'tf.train'}, with at most one clipping callback.";

function signature({name, options}: Callback): string {
  return Object.keys(options).length > 0 ? name + JSON.stringify(options) : name;
}

/** @throws where Keras has no such optimizer, or computes something else and `lossy` is not set. */
function describe(optimizer: Optimizer, lossy: boolean): Described {
  // The options were checked by what an optimizer has, which those of another copy have too.
  asOptimizer(optimizer);
  const names = optimizer.callbacks.map(signature);
  const clip = CLIPPING.findIndex(({callback}) => callback.name === names[0]);
  const rest = clip === -1 ? names : names.slice(1);
  const chain = (rest[0] === 'weightDecay' ? rest.slice(1) : rest).join();
  const row = ROWS.find(each => each.chain.join() === chain);
  if (row === undefined) throw new Error(`Keras has no optimizer with the callbacks ${names.join(', ')}. ${CAN_MOVE}`);
  if (row.differs !== undefined && !lossy)
    throw new Error(`Keras's ${row.kind} computes something else. ${row.differs}, or give lossy: true.`);
  const [first = {}, ...others] = optimizer.hypers;
  if (others.some(group => JSON.stringify(group) !== JSON.stringify(first)))
    throw new Error("Keras's optimizers have one value of each hyper; the groups of this one have different values.");
  if (optimizer.schedule !== undefined && !lossy)
    throw new Error(
      'The optimizer follows a schedule, which is not moved. End it by clearSchedule({keep: true}), or give ' +
        'lossy: true to write the present learning rate.',
    );
  const hypers = Object.fromEntries(Object.entries(first).map(([name, value]) => [name, Number(value)]));
  const wrong = row.zero?.find(name => (hypers[name] ?? 0) !== 0);
  if (wrong !== undefined)
    throw new Error(`Keras's ${row.kind} has no '${wrong}'; it must be 0, and is ${hypers[wrong]}.`);
  return {row, clip, hypers};
}

/** Keras's configuration of an optimizer, as JSON, and its variables in Keras's order. */
export async function optimizerThere(
  optimizer: Optimizer,
  trained: readonly Trained[],
  lossy: boolean,
): Promise<{readonly config: string; readonly tensors: ReadonlyArray<HostTensorOf<'float32' | 'int32'>>}> {
  const {row, clip, hypers} = describe(optimizer, lossy);
  const bound = new Set(optimizer.paramLists.flat());
  // An optimizer that was loaded gets its variables at its first step.
  if (!trained.some(({variable}) => bound.has(variable))) optimizer.attach(trained.map(({variable}) => variable));
  checkAll(optimizer, trained, {row, lossy, wd: hypers['wd'] ?? 0});
  const {iterations} = optimizer;
  const scale = row.scale?.(hypers);
  const shared = trained.map(({variable}) => {
    const state = optimizer.state.get(variable);
    // A step that is made meanwhile may dispose the state.
    return (entry: string) => {
      const value = state[entry];
      return isTensor(value) ? value.clone() : tf.zeros(variable.shape);
    };
  });
  const copies = row.entries.flatMap(list => shared.flatMap(copyOf => list.map(copyOf)));
  let state: Array<HostTensorOf<'float32'>>;
  try {
    state = await Promise.all(copies.map(float32FromDevice));
  } finally {
    tf.dispose(copies);
  }
  const {lr = NaN, wd = 0} = hypers;
  const {kind} = row;
  const clipping = CLIPPING[clip];
  const config = {
    learning_rate: lr,
    ...row.config,
    ...Object.fromEntries(Object.entries(row.hypers).map(([ours, theirs]) => [theirs, hypers[ours]])),
    ...(wd !== 0 && {weight_decay: wd}),
    ...(clipping !== undefined && {[clipping.theirs]: hypers[clipping.hyper]}),
  };
  return {
    // Keras takes 1.0 and not 1 as a learning rate, and all these numbers are of that kind.
    config: JSON.stringify({
      module: 'keras.optimizers',
      class_name: kind === 'Adam' && wd !== 0 ? 'AdamW' : kind,
      config,
      registered_name: null,
    }).replace(/(":-?\d+)(?=[,}])/g, '$1.0'),
    tensors: [
      {dtype: 'int32', shape: [], data: Int32Array.of(iterations)},
      scalar(lr),
      ...state.map(tensor => (scale === undefined ? tensor : scaled(tensor, x => x * scale.times + scale.plus))),
    ],
  };
}

/** @throws where a parameter is not as every parameter is in Keras. */
function checkAll(
  optimizer: Optimizer,
  trained: readonly Trained[],
  {row, lossy, wd}: {readonly row: OptimizerRow; readonly lossy: boolean; readonly wd: number},
): void {
  const {iterations} = optimizer;
  const rows = new Map(optimizer.summary().map(each => [each.variable, each]));
  for (const {variable, where} of trained) {
    const state = optimizer.state.get(variable);
    const summary = rows.get(variable.name);
    const name = `${where}: '${variable.name}'`;
    if (summary?.trainable !== true)
      throw new Error(
        `${name} is not trained by the optimizer, and its layer is trainable. Keras would train it: set ` +
          'layer.trainable = false.',
      );
    if (lossy) continue;
    if (wd !== 0 && !summary.decay)
      throw new Error(
        `${name} has no weight decay, and Keras decays every parameter. Make the optimizer with wdBnBias: true; or ` +
          'give lossy: true, and call optimizer.exclude_from_weight_decay(…) in Keras (docs/keras.md says how).',
      );
    const missing = row.entries.flat().find(entry => !isTensor(state[entry]));
    if (iterations > 0 && missing !== undefined)
      throw new Error(
        `${name} has no '${missing}' at step ${iterations}, and in Keras every parameter takes part in each step. ` +
          'Give lossy: true to write zeros.',
      );
    if (row.counts === true && (state['step'] ?? 0) !== iterations)
      throw new Error(
        `${name} has made ${String(state['step'] ?? 0)} of ${iterations} steps, and Keras counts them for all ` +
          'parameters together. Give lossy: true to move it anyway.',
      );
  }
}

function scaled({shape, data}: HostTensor, f: (x: number) => number): HostTensorOf<'float32'> {
  return float32(shape, Float32Array.from(data, f));
}

/**
 * The optimizer of Keras's configuration, without state.
 * @throws for what has no counterpart here.
 */
export function optimizerHere(saved: unknown, lossy: boolean): Optimizer {
  const name = isDict(saved) ? saved['class_name'] : undefined;
  const config = isDict(saved) ? saved['config'] : undefined;
  if (typeof name !== 'string' || !isDict(config))
    throw new Error('The file has no optimizer. Compile and train the model in Keras before you save it.');
  const kind = name === 'AdamW' ? 'Adam' : name;
  const row = ROWS.find(
    each =>
      each.kind === kind &&
      each.differs === undefined &&
      Object.entries(each.config ?? {}).every(([key, value]) => (config[key] ?? value) === value),
  );
  if (row === undefined)
    throw new Error(
      `Keras's ${name}${config['centered'] === true ? ' with centered=True' : ''} has no counterpart here. Load the ` +
        'model without it (leave optimizer out), and compile it with another.',
    );
  if (!lossy)
    for (const [key, off] of Object.entries(BASE_OFF))
      if ((config[key] ?? off) !== off)
        throw new Error(
          `Keras's ${name} has ${key}=${shown(config[key])}, which is not moved. Give lossy: true to leave it out.`,
        );
  const numberIn = (key: string, what = config[key]): number => {
    if (typeof what === 'number' && Number.isFinite(what)) return what;
    throw new Error(`Keras's ${name} must have a number '${key}'; the file has ${shown(what)}.`);
  };
  const clip = CLIPPING.findIndex(({theirs}) => typeof config[theirs] === 'number');
  const clipping = CLIPPING[clip];
  const values = {
    lr: shortest(rateIn(config['learning_rate'], lossy) ?? numberIn('learning_rate')),
    wd: numberIn('weight_decay', config['weight_decay'] ?? 0),
    ...Object.fromEntries(Object.entries(row.hypers).map(([ours, theirs]) => [ours, numberIn(theirs)])),
    ...(clipping !== undefined && {[clipping.hyper]: numberIn(clipping.theirs)}),
  };
  return make(row, values, clip);
}

/** The shortest decimal that rounds to the same float32, as which Keras keeps learning rates: 0.1 for 0.10000000149. */
function shortest(x: number): number {
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === Math.fround(x)) return short;
  }
  // Unreachable: nine digits tell numbers of float32 apart.
  return x;
}

/** The learning rate that a schedule of Keras begins with; undefined for a plain number. */
function rateIn(rate: unknown, lossy: boolean): number | undefined {
  if (!isDict(rate)) return undefined;
  if (!lossy)
    throw new Error(
      `The optimizer follows Keras's schedule ${shown(rate['class_name'])}, which is not moved. Give lossy: true to ` +
        'take its first learning rate, then set a schedule by opt.setSchedule(…).',
    );
  const first = isDict(rate['config']) ? rate['config']['initial_learning_rate'] : undefined;
  return typeof first === 'number' ? first : 1e-3;
}

/**
 * Reads the state of Keras's optimizer for one of ours. Nothing is changed before `apply`.
 * @param count how many variables the file has.
 */
export function prepareState(
  optimizer: Optimizer,
  trained: readonly Trained[],
  {count, read, lossy}: {readonly count: number; readonly read: ReadVariable; readonly lossy: boolean},
): Prepared {
  const {row, hypers} = describe(optimizer, lossy);
  const perVariable = row.entries.flat().length;
  const wanted = trained.length * perVariable;
  // With a schedule, the learning rate is not a variable.
  const first = count - wanted;
  if (first !== 2 && !(first === 1 && lossy))
    throw new Error(
      `The file's optimizer has ${count} variables; ${row.kind} with ${trained.length} trainable weights has ` +
        `${wanted + 2}. Set the same layers' trainable as in Keras, and use the same optimizer` +
        `${first === 1 ? '; or it follows a schedule, which lossy: true leaves out' : ''}.`,
    );
  const iterations = onlyNumber(read(0, []));
  const lr = first === 2 ? onlyNumber(read(1, [])) : (hypers['lr'] ?? NaN);
  if (!Number.isInteger(iterations) || iterations < 0 || !Number.isFinite(lr) || lr < 0)
    throw new Error(`The file's optimizer has made ${iterations} steps at the rate ${lr}; it is damaged.`);
  // One that rounds to the same float32 stays as it is.
  const rate = Math.fround(hypers['lr'] ?? NaN) === lr ? (hypers['lr'] ?? lr) : shortest(lr);
  const scale = row.scale?.({...hypers, lr: rate});
  if (scale?.times === 0 && iterations > 0)
    throw new Error(
      "The file's learning rate is 0, so its momentum can't be converted: it is a multiple of the rate.",
    );
  let index = first;
  const found = trained.map(() => new Map<string, HostTensor>());
  for (const list of row.entries)
    trained.forEach(({variable}, i) => {
      for (const entry of list) {
        const tensor = read(index++, variable.shape);
        at(found, i).set(
          entry,
          scale === undefined || scale.times === 0 ? tensor : scaled(tensor, x => (x - scale.plus) / scale.times),
        );
      }
    });
  const made: tf.Tensor[] = [];
  const states = new Map(
    trained.map(({variable}, i): [tf.Variable, ParameterState] => {
      const entries: Record<string, tf.Tensor | number> =
        row.counts === true && iterations > 0 ? {step: iterations} : {};
      // Before its first step an optimizer has no state.
      if (iterations > 0)
        for (const [entry, tensor] of at(found, i)) {
          const value = toDevice(tensor);
          made.push(value);
          entries[entry] = value;
        }
      return [variable, entries];
    }),
  );
  return {
    optimizer,
    apply: () => {
      const bound = new Set(optimizer.paramLists.flat());
      const unbound = trained.map(({variable}) => variable).filter(variable => !bound.has(variable));
      if (unbound.length > 0) optimizer.attach(unbound);
      const now = optimizer.stateDict();
      try {
        optimizer.loadStateDict(withState(now, optimizer.paramLists.flat(), {states, iterations, rate}));
      } finally {
        tf.dispose(tensorsIn(now));
      }
    },
    dispose: () => {
      tf.dispose(made);
    },
  };
}

function withState(
  dict: StateDict,
  variables: readonly tf.Variable[],
  {
    states,
    iterations,
    rate,
  }: {readonly states: ReadonlyMap<tf.Variable, ParameterState>; readonly iterations: number; readonly rate: number},
): StateDict {
  const flags = (state: ParameterState) =>
    Object.fromEntries(Object.entries(state).filter(([, value]) => typeof value === 'boolean'));
  return {
    ...dict,
    iterations,
    hypers: dict.hypers.map(group => ({...group, lr: rate})),
    state: dict.state.map((state, i) => {
      const loaded = states.get(at(variables, i));
      return loaded === undefined ? state : {...flags(state), ...loaded};
    }),
  };
}
