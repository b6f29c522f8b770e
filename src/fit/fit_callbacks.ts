import {CustomCallback, type CustomCallbackArgs, type ModelFitArgs} from '@tensorflow/tfjs-layers';

import {isCallback} from '../rule/chain';
import {closest, didYouMean} from '../util/closest';
import {isIterable} from '../util/iterable';
import {checkOptions, checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {FitCallback, type FitLogs, stepsIfKnown} from './fit_callback';
import {checkSteps, stepsCheck} from './steps_check';

type YieldEvery = NonNullable<ModelFitArgs['yieldEvery']>;
type Full = Pick<
  CustomCallback,
  | 'setParams'
  | 'setModel'
  | 'onEpochBegin'
  | 'onEpochEnd'
  | 'onBatchBegin'
  | 'onBatchEnd'
  | 'onTrainBegin'
  | 'onTrainEnd'
>;
/**
 * The absent method tells the compiler that an object literal is not an instance of a class. It can then infer the
 * types of the hooks' arguments.
 */
interface Hooks extends CustomCallbackArgs {
  readonly setParams?: undefined;
}
/**
 * A callback of any kind: of a class of tfjs (`tf.Callback`, `tf.callbacks.earlyStopping()`), of this package, or a
 * plain object with hooks.
 */
export type AnyFitCallback = Full | Hooks;

interface GroupSettings {
  readonly yieldEvery?: YieldEvery | undefined;
  readonly stepsPerEpoch?: number | undefined;
}

const HOOKS = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
  'onYield',
] as const;

/**
 * Makes one callback from a list of callbacks of any kinds. TensorFlow.js itself rejects or breaks such a mixed list.
 * Hooks run in the order of the list, each with its own `this`. Instances of classes get the model; plain objects get
 * numbers in their logs; and the page stays responsive.
 *
 * ```ts
 * const show = {onEpochEnd: (epoch, logs) => …};
 * await model.fit(xs, ys, {callbacks: fitCallbacks([oneCycle(), tf.callbacks.earlyStopping(), show])});
 * ```
 * @param settings `yieldEvery`: how often to yield to the page, as in `fit`; it must be repeated here because
 *   TensorFlow.js does not hand it to callbacks. Default `'auto'`. `stepsPerEpoch`: the number of batches of a dataset
 *   that does not know it, a whole number from 1; only the callbacks get it, TensorFlow.js does not.
 * @throws where `list` is not a list, a member is not a callback, or a setting is impossible.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: fitCallbacks([oneCycle({lrMax: 1e-2}), terminateOnNaN()])});
 * ```
 */
export function fitCallbacks(
  list: Iterable<AnyFitCallback>,
  settings: GroupSettings = {},
  ...more: undefined[]
): CustomCallback {
  checkOptions('fitCallbacks', settings, ['yieldEvery', 'stepsPerEpoch'], more, 'list, ');
  const {yieldEvery = 'auto', stepsPerEpoch} = settings;
  checkYieldEvery(yieldEvery);
  notCalled(list, 'The list of fitCallbacks');
  if (stepsPerEpoch !== undefined) checkWhole('stepsPerEpoch', stepsPerEpoch, 1);
  if (!isIterable(list)) throw new Error(`fitCallbacks needs a list of callbacks; got ${shown(list)}.`);
  const members = [...list];
  // Last, so that it knows whether another callback has stopped training.
  if (stepsPerEpoch !== undefined) members.push(new FitCallback(stepsCheck('fitCallbacks', stepsPerEpoch)));
  return new CallbackGroup(
    members.map((member, i) => completed(member, i, yieldEvery)),
    yieldEvery,
    stepsPerEpoch,
  );
}

class CallbackGroup extends CustomCallback {
  readonly #members: readonly Full[];
  readonly #stepsPerEpoch: number | undefined;

  constructor(members: readonly Full[], yieldEvery: YieldEvery, stepsPerEpoch: number | undefined) {
    super({}, yieldEvery);
    this.#members = members;
    this.#stepsPerEpoch = stepsPerEpoch;
  }

  override setParams(params: CustomCallback['params']): void {
    super.setParams(params);
    const given = this.#stepsPerEpoch;
    const known = stepsIfKnown(params);
    if (given !== undefined) checkSteps('fitCallbacks', given, known);
    const all = given === undefined || known !== undefined ? params : {...params, steps: given};
    for (const member of this.#members) member.setParams(all);
  }

  override setModel(model: Parameters<CustomCallback['setModel']>[0]): void {
    for (const member of this.#members) member.setModel(model);
  }

  override async onTrainBegin(logs?: FitLogs): Promise<void> {
    for (const member of this.#members) await member.onTrainBegin(logs);
  }

  override async onTrainEnd(logs?: FitLogs): Promise<void> {
    for (const member of this.#members) await member.onTrainEnd(logs);
  }

  override async onEpochBegin(epoch: number, logs?: FitLogs): Promise<void> {
    await super.onEpochBegin(epoch, logs);
    for (const member of this.#members) await member.onEpochBegin(epoch, logs);
  }

  override async onEpochEnd(epoch: number, logs?: FitLogs): Promise<void> {
    for (const member of this.#members) await member.onEpochEnd(epoch, logs);
    await super.onEpochEnd(epoch, logs);
  }

  override async onBatchBegin(batch: number, logs?: FitLogs): Promise<void> {
    for (const member of this.#members) await member.onBatchBegin(batch, logs);
  }

  override async onBatchEnd(batch: number, logs?: FitLogs): Promise<void> {
    for (const member of this.#members) await member.onBatchEnd(batch, logs);
    await super.onBatchEnd(batch, logs);
  }
}

/**
 * @throws where a function or class that makes a callback was given in place of the callback, and for a callback of the
 *   optimizer.
 */
export function notCalled(given: unknown, what: string): void {
  if (typeof given !== 'function') return;
  if (isCallback(given)) {
    const setting = given.declaration.takesUpdate ? 'after' : 'callbacks';
    throw new Error(
      `${what} is ${given.name}, which belongs to the optimizer: adam(lr, {${setting}: [${given.name}]}).`,
    );
  }
  const {name} = given;
  const prototype: unknown = Reflect.get(given, 'prototype');
  const isClass = typeof prototype === 'object' && prototype !== null && 'setParams' in prototype;
  throw new Error(
    isClass
      ? `${what} is the class ${name}; it must be an instance of this class. Write new ${name}(…).`
      : `${what} is the function ${name}; it must be what this function returns. Write ${name}(…).`,
  );
}

/**
 * The member as a callback with all hooks. Only the group yields to the page: otherwise it would wait once for each
 * member.
 */
function completed(member: AnyFitCallback, i: number, yieldEvery: YieldEvery): Full {
  const given: unknown = member;
  notCalled(given, `Callback ${i} of the list`);
  if (Array.isArray(given) && given.some(isCallback))
    throw new Error(
      `Callback ${i} of the list is a list that belongs to the optimizer: adam(lr, {callbacks: [...accumulate(4)]}).`,
    );
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error(`Callback ${i} of the list must be a callback, or an object with hooks; got ${shown(given)}.`);
  if (member instanceof FitCallback) {
    member.yields = false;
    return member;
  }
  if (isFull(member)) return member;
  checkHooks(given, i);
  const hooks = Object.fromEntries(
    HOOKS.flatMap(name => {
      const hook: unknown = Reflect.get(given, name);
      return typeof hook === 'function'
        ? [[name, (...args: unknown[]): unknown => Reflect.apply(hook, given, args)]]
        : [];
    }),
  );
  if (Object.keys(hooks).length === 0)
    throw new Error(`Callback ${i} of the list has no hook; give it at least one of ${HOOKS.join(', ')}.`);
  return new CustomCallback({...member, ...hooks}, 'onYield' in hooks ? yieldEvery : 'never');
}

/** Hooks of Keras that tfjs does not have, and names as Python writes them. */
const FOREIGN_HOOK = /^on(_|(Train|Test|Predict)(Batch)?(Begin|End)$)/;

/**
 * @throws where a hook is not a function, or a function has nearly the name of a hook, or that of one of Keras. Other
 *   fields and methods are the user's.
 */
function checkHooks(member: object, i: number): void {
  for (const name of HOOKS) {
    const hook: unknown = Reflect.get(member, name);
    if (typeof hook !== 'function' && hook !== undefined && hook !== null)
      throw new Error(`Callback ${i} of the list: '${name}' must be a function; got ${shown(hook)}.`);
  }
  for (const name of namesIn(member)) {
    const meant = closest(name, HOOKS);
    if (meant === name || !(meant !== undefined || FOREIGN_HOOK.test(name))) continue;
    if (typeof Reflect.get(member, name) !== 'function') continue;
    throw new Error(
      `Callback ${i} of the list has no hook '${name}'; the hooks are ${HOOKS.join(', ')}.${didYouMean(meant)}`,
    );
  }
}

/** The names of an object's own fields, and of the methods of its class. */
function namesIn(member: object): string[] {
  const names: string[] = [];
  for (
    let of: object | null = member;
    of !== null && Reflect.getPrototypeOf(of) !== null;
    of = Reflect.getPrototypeOf(of)
  )
    names.push(...Object.getOwnPropertyNames(of));
  return names;
}

function checkYieldEvery(given: unknown): void {
  if (
    typeof given === 'number'
      ? given > 0
      : given === 'auto' || given === 'batch' || given === 'epoch' || given === 'never'
  )
    return;
  throw new Error(
    `'yieldEvery' must be 'auto', 'batch', 'epoch', 'never' or a number of milliseconds above 0; got ${shown(given)}.`,
  );
}

function isFull(member: AnyFitCallback): member is Full {
  return (
    'setParams' in member &&
    'setModel' in member &&
    typeof member.setParams === 'function' &&
    typeof member.setModel === 'function'
  );
}
