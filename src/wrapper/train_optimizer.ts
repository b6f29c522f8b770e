import * as tf from '@tensorflow/tfjs-core';

import type {Draft, Scalar} from '../rule/declaration';
import {memo} from '../util/memo';
import {shown} from '../util/shown';
import {isTensor, isVariable} from '../util/tensors';
import {detuplifyPg, setItemPg} from './torch_param_group';
import {type TrainClass, trainClassNames, trainClassOf} from './train_classes';

/** A parameter in the step of a wrapped optimizer. */
export type WrappedDraft = Draft<tf.Tensor, {readonly variable: tf.Variable; readonly group: number}>;

/**
 * An optimizer of `tf.train` that holds no state between steps. Each step lends it the state of the parameters, and
 * temporary variables instead of the real ones. So state belongs to variables and not to positions in a list, and a
 * step that throws leaves nothing half updated.
 */
export class TrainOptimizer {
  readonly trainClass: TrainClass;
  readonly #powers = new Map<string, RunningPower>();

  /** @throws where the optimizer is not one of `tf.train`, or has already made steps. */
  constructor(readonly optimizer: tf.Optimizer) {
    checkIsMade(optimizer);
    const trainClass = trainClassOf(optimizer);
    if (trainClass === undefined) {
      throw new Error(
        `OptimWrapper takes the optimizers of tf.train (${trainClassNames().join(', ')}), ` +
          `as in new OptimWrapper(tf.train.adam()); got ${shown(optimizer)}. ` +
          'The optimizers of tfjs-optim need no wrapper. Write other rules as callbacks.',
      );
    }
    if (optimizer.iterations > 0) {
      throw new Error(
        `The ${optimizer.getClassName()} optimizer has made ${optimizer.iterations} steps, and its state does not ` +
          'tell its variables. Wrap a new optimizer and pass it the state: ' +
          'await wrapper.setWeights(await optimizer.getWeights()).',
      );
    }
    this.trainClass = trainClass;
  }

  /** Prepares the optimizer. Must be called before its first step. */
  take(): void {
    const {
      optimizer,
      trainClass: {powers = {}, counter, cached},
    } = this;
    // tfjs makes these trainable. Then training without a list of variables would train them too.
    for (const property of [...Object.keys(powers), ...(counter === undefined ? [] : [counter])])
      this.#variable(property).trainable = false;
    const scalar: unknown = cached === undefined ? undefined : Reflect.get(optimizer, cached.scalar);
    // If the optimizer was made inside `tf.tidy`, the scalar would be disposed at its end.
    if (isTensor(scalar) && !scalar.isDisposed) tf.keep(scalar);
  }

  /** The hypers under tfjs's names, with one entry for each member of a list. */
  get hypers(): Record<string, Scalar> {
    const members = Object.entries(detuplifyPg(this.optimizer.getConfig()));
    return Object.fromEntries(
      members.flatMap(([name, value]) =>
        typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [],
      ),
    );
  }

  /** A hyper by tfjs's name. */
  get(name: string): Scalar {
    return hyperOf(this.hypers, name);
  }

  /** Sets a hyper by tfjs's name, and what tfjs computed from it. */
  set(name: string, value: Scalar): void {
    const {optimizer} = this;
    if (name === 'learningRate' && hasSetLearningRate(optimizer) && typeof value === 'number')
      optimizer.setLearningRate(value);
    else setItemPg(optimizer, name, value);
    if (name === this.trainClass.cached?.hyper) this.#refreshCached();
  }

  /**
   * Makes one step for parameters that have made `steps` steps before. Afterwards the drafts hold the new values and
   * state. Must be called inside `tf.tidy`.
   */
  step(drafts: readonly WrappedDraft[], steps: number): void {
    const accumulators = Object.entries(this.trainClass.accumulators);
    const held: tf.Variable[] = [];
    const hold = (value: tf.Tensor) => {
      const variable = tf.variable(value, false, `tfjs-optim/step/${held.length}`);
      held.push(variable);
      return variable;
    };
    try {
      this.#setStep(steps);
      const pairs = drafts.map(draft => [draft, hold(draft.p)] as const);
      for (const [list, entry] of accumulators) {
        Reflect.set(
          this.optimizer,
          list,
          drafts.map(draft => {
            const value = draft.entries[entry];
            // tfjs starts an entry that is absent.
            return isTensor(value) ? {originalName: entry, variable: hold(value)} : undefined;
          }),
        );
      }
      this.optimizer.applyGradients(
        pairs.flatMap(([{grad}, {name}]) => (grad === undefined ? [] : [{name, tensor: grad}])),
      );
      for (const [i, [draft, variable]] of pairs.entries()) {
        draft.p = variable.clone();
        for (const [list, entry] of accumulators) {
          // Absent where the entry does not exist with these hypers.
          const value = this.#accumulated(list)[i];
          if (value !== undefined) draft.entries[entry] = value.clone();
        }
      }
    } finally {
      for (const [list] of accumulators) {
        held.push(...this.#accumulated(list).filter(isVariable));
        Reflect.set(this.optimizer, list, []);
      }
      for (const variable of new Set(held)) variable.dispose();
    }
  }

  /** Sets the optimizer's own step counts to those of these parameters. */
  #setStep(steps: number): void {
    const {powers = {}, counter, cached} = this.trainClass;
    const {hypers} = this;
    for (const [property, hyper] of Object.entries(powers)) {
      const power = memo(this.#powers, property, () => new RunningPower());
      this.#variable(property).assign(tf.scalar(power.of(Number(hyperOf(hypers, hyper)), steps + 1)));
    }
    if (counter !== undefined) this.#variable(counter).assign(tf.scalar(steps));
    const scalar: unknown = cached === undefined ? undefined : Reflect.get(this.optimizer, cached.scalar);
    if (isTensor(scalar) && scalar.isDisposed) this.#refreshCached();
  }

  #refreshCached(): void {
    const {cached} = this.trainClass;
    if (cached === undefined) return;
    const old: unknown = Reflect.get(this.optimizer, cached.scalar);
    Reflect.set(this.optimizer, cached.scalar, tf.keep(tf.scalar(Number(this.get(cached.hyper)))));
    if (isTensor(old)) old.dispose();
  }

  #accumulated(list: string): Array<tf.Variable | undefined> {
    const entries: unknown = Reflect.get(this.optimizer, list);
    if (!Array.isArray(entries)) throw unsupported(this.optimizer, `list '${list}'`);
    return entries.map((entry: unknown) => (isAccumulator(entry) ? entry.variable : undefined));
  }

  #variable(property: string): tf.Variable {
    const value: unknown = Reflect.get(this.optimizer, property);
    if (isVariable(value)) return value;
    throw unsupported(this.optimizer, `variable '${property}'`);
  }
}

function hyperOf(hypers: Readonly<Record<string, Scalar>>, name: string): Scalar {
  const value = hypers[name];
  if (value === undefined) throw new Error(`The wrapped optimizer has no hyper '${name}'.`);
  return value;
}

function unsupported(optimizer: tf.Optimizer, what: string): Error {
  return new Error(
    `The ${optimizer.getClassName()} optimizer has no ${what}; this version of tfjs-core is not supported.`,
  );
}

/** Disposes an optimizer, with the tensors that its own `dispose` leaves. */
export function disposeOptimizer(optimizer: tf.Optimizer): void {
  optimizer.dispose();
  // Most classes leave none.
  for (const property of trainClassOf(optimizer)?.left ?? []) {
    const tensor: unknown = Reflect.get(optimizer, property);
    if (isTensor(tensor)) tensor.dispose();
  }
}

/**
 * `beta^n` as `tf.train` computes it, by multiplying float32 numbers. It must be equal to the last bit, because
 * wrapping changes no result.
 */
class RunningPower {
  #beta = NaN;
  #n = 0;
  #power = 1;

  of(beta: number, n: number): number {
    const factor = Math.fround(beta);
    if (beta !== this.#beta || n < this.#n) {
      this.#beta = beta;
      this.#n = 0;
      this.#power = 1;
    }
    for (; this.#n < n; this.#n++) {
      const next = Math.fround(this.#power * factor);
      // It does not change any more. A file can claim so many steps that the loop would take too long.
      if (Object.is(next, this.#power)) this.#n = n - 1;
      this.#power = next;
    }
    return this.#power;
  }
}

function hasSetLearningRate(
  optimizer: tf.Optimizer,
): optimizer is tf.Optimizer & {setLearningRate(learningRate: number): void} {
  return 'setLearningRate' in optimizer && typeof optimizer.setLearningRate === 'function';
}

function isAccumulator(x: unknown): x is {readonly variable: tf.Variable} {
  return typeof x === 'object' && x !== null && 'variable' in x && isVariable(x.variable);
}

/** @throws for anything that is not an object, such as an optimizer's name or the function that makes it. */
function checkIsMade(given: unknown): void {
  if (typeof given === 'object' && given !== null) return;
  const name = typeof given === 'function' ? given.name : String(given).toLowerCase();
  const factory = typeof Reflect.get(tf.train, name) === 'function' ? name : 'adam';
  throw new Error(
    `OptimWrapper takes an optimizer of tf.train; got ${shown(given)}. ` +
      `Write new OptimWrapper(tf.train.${factory}(…)).`,
  );
}
