import * as tf from '@tensorflow/tfjs-core';

import type {Draft, Scalar} from '../rule/declaration';
import {shown} from '../util/shown';
import {isTensor, isVariable} from '../util/tensors';
import {detuplifyPg, setItemPg} from './torch_param_group';
import {type TrainClass, trainClassNames, trainClassOf} from './train_classes';

/** A parameter in the step of a wrapped optimizer, with the index of its group. */
export type WrappedDraft = Draft<tf.Tensor, {readonly variable: tf.Variable; readonly group: number}>;

/**
 * An optimizer of `tf.train` that keeps no state between steps: it is given that of the parameters in each, and handed
 * parameters that stand for the real ones. So the state belongs to variables and not to positions, and nothing is half
 * updated where a step throws.
 */
export class TrainOptimizer {
  readonly trainClass: TrainClass;
  readonly #powers = new Map<string, RunningPower>();

  /** @throws where it is none of `tf.train`, or has made steps already. */
  constructor(readonly optimizer: tf.Optimizer) {
    checkIsMade(optimizer);
    const trainClass = trainClassOf(optimizer);
    if (trainClass === undefined) {
      throw new Error(
        `OptimWrapper takes the optimizers of tf.train (${trainClassNames().join(', ')}), as in new OptimWrapper(tf.train.adam()); got ${shown(optimizer)}. ` +
          'Those of tfjs-optim need no wrapper, and a rule of your own is a callback.',
      );
    }
    if (optimizer.iterations > 0) {
      throw new Error(
        `The ${optimizer.getClassName()} optimizer has made ${optimizer.iterations} steps, with state that does not tell whose it is. ` +
          'Wrap a new one and hand it the state: await wrapper.setWeights(await optimizer.getWeights()).',
      );
    }
    this.trainClass = trainClass;
  }

  /** Makes the optimizer what steps rely on. To be called before the first one. */
  take(): void {
    const {
      optimizer,
      trainClass: {powers = {}, counter, cached},
    } = this;
    // tfjs makes these trainable, so that training without a list of variables would take them for the model's.
    for (const property of [...Object.keys(powers), ...(counter === undefined ? [] : [counter])])
      this.#variable(property).trainable = false;
    const scalar: unknown = cached === undefined ? undefined : Reflect.get(optimizer, cached.scalar);
    // One that is made inside `tf.tidy` would not outlive it.
    if (isTensor(scalar) && !scalar.isDisposed) tf.keep(scalar);
  }

  /** Its hypers under tfjs's names, lists taken apart. */
  get hypers(): Record<string, Scalar> {
    const members = Object.entries(detuplifyPg(this.optimizer.getConfig()));
    return Object.fromEntries(
      members.flatMap(([name, value]) =>
        typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [],
      ),
    );
  }

  /** Sets a hyper by tfjs's name, and what was computed from it. */
  set(name: string, value: Scalar): void {
    const {optimizer} = this;
    if (name === 'learningRate' && hasSetLearningRate(optimizer) && typeof value === 'number')
      optimizer.setLearningRate(value);
    else setItemPg(optimizer, name, value);
    if (name === this.trainClass.cached?.hyper) this.#refreshCached();
  }

  /**
   * One step of parameters that have made `steps` before: afterwards the drafts hold the new values and state.
   * Call it inside `tf.tidy`.
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
      const variables = drafts.map(({p}) => hold(p));
      for (const [list, entry] of accumulators) {
        Reflect.set(
          this.optimizer,
          list,
          drafts.map(draft => {
            const value = draft.entries[entry];
            return isTensor(value)
              ? {originalName: entry, variable: hold(checkShape(draft, entry, value))}
              : undefined;
          }),
        );
      }
      this.optimizer.applyGradients(
        drafts.flatMap(({grad}, i) => (grad === undefined ? [] : [{name: variables[i]?.name ?? '', tensor: grad}])),
      );
      drafts.forEach((draft, i) => {
        draft.p = variables[i]?.clone() ?? draft.p;
        for (const [list, entry] of accumulators) {
          const value = this.#accumulated(list)[i];
          if (value !== undefined) draft.entries[entry] = value.clone();
        }
      });
    } finally {
      for (const [list] of accumulators) {
        held.push(...this.#accumulated(list).filter(isVariable));
        Reflect.set(this.optimizer, list, []);
      }
      for (const variable of new Set(held)) variable.dispose();
    }
  }

  /** Sets what the optimizer counts by itself to what it is for these parameters. */
  #setStep(steps: number): void {
    const {powers = {}, counter, cached} = this.trainClass;
    const {hypers} = this;
    for (const [property, hyper] of Object.entries(powers)) {
      const power = this.#powers.get(property) ?? new RunningPower();
      this.#powers.set(property, power);
      this.#variable(property).assign(tf.scalar(power.of(Number(hypers[hyper]), steps + 1)));
    }
    if (counter !== undefined) this.#variable(counter).assign(tf.scalar(steps));
    const scalar: unknown = cached === undefined ? undefined : Reflect.get(this.optimizer, cached.scalar);
    if (isTensor(scalar) && scalar.isDisposed) this.#refreshCached();
  }

  #refreshCached(): void {
    const {cached} = this.trainClass;
    if (cached === undefined) return;
    const old: unknown = Reflect.get(this.optimizer, cached.scalar);
    Reflect.set(this.optimizer, cached.scalar, tf.keep(tf.scalar(Number(this.hypers[cached.hyper]))));
    if (isTensor(old)) old.dispose();
  }

  #accumulated(list: string): Array<tf.Variable | undefined> {
    const entries: unknown = Reflect.get(this.optimizer, list);
    return Array.isArray(entries)
      ? entries.map((entry: unknown) => (isAccumulator(entry) ? entry.variable : undefined))
      : [];
  }

  #variable(property: string): tf.Variable {
    const value: unknown = Reflect.get(this.optimizer, property);
    if (isVariable(value)) return value;
    throw new Error(
      `The ${this.optimizer.getClassName()} optimizer has no variable '${property}'; this version of tfjs-core is not one that tfjs-optim knows.`,
    );
  }
}

/** Frees the tensors of an optimizer, those that its own `dispose` leaves too. */
export function disposeOptimizer(optimizer: tf.Optimizer): void {
  optimizer.dispose();
  for (const property of trainClassOf(optimizer)?.left ?? []) {
    const tensor: unknown = Reflect.get(optimizer, property);
    if (isTensor(tensor)) tensor.dispose();
  }
}

/**
 * `beta^n` as `tf.train` has it, which multiplies float32 numbers: equal to the last bit, so that wrapping changes
 * nothing.
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
      // It stays so from here on, however many steps a file says were made.
      if (Object.is(next, this.#power)) this.#n = n - 1;
      this.#power = next;
    }
    return this.#power;
  }
}

function checkShape({of: {variable}}: WrappedDraft, entry: string, value: tf.Tensor): tf.Tensor {
  if (tf.util.arraysEqual(value.shape, variable.shape)) return value;
  throw new Error(
    `The state '${entry}' of '${variable.name}' has the shape [${value.shape}]; it must have the variable's, [${variable.shape}].`,
  );
}

function hasSetLearningRate(
  optimizer: tf.Optimizer,
): optimizer is tf.Optimizer & {setLearningRate(learningRate: number): void} {
  return 'setLearningRate' in optimizer && typeof optimizer.setLearningRate === 'function';
}

function isAccumulator(x: unknown): x is {readonly variable: tf.Variable} {
  return typeof x === 'object' && x !== null && 'variable' in x && isVariable(x.variable);
}

/** @throws for a name or a function, which are no optimizer yet. */
function checkIsMade(given: unknown): void {
  if (typeof given === 'object' && given !== null) return;
  const name = typeof given === 'function' ? given.name : String(given).toLowerCase();
  const factory = typeof Reflect.get(tf.train, name) === 'function' ? name : 'adam';
  throw new Error(
    `OptimWrapper takes an optimizer of tf.train; got ${shown(given)}. Write new OptimWrapper(tf.train.${factory}(…)).`,
  );
}
