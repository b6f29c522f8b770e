import * as tf from '@tensorflow/tfjs-core';

import {checkSwitch} from '../util/options';
import {isPlain, shown} from '../util/shown';
import {checkIsVariable, isLive} from '../util/tensors';

/** A gradient for each variable that has one. */
export type Gradients = ReadonlyMap<tf.Variable, tf.Tensor>;

// `dtype` is absent, so that the compiler does not accept a tensor as an entry.
/** What `applyGradients` takes: tensors by variable name, or a list. Entries without a tensor are skipped. */
export type NamedGradients =
  | tf.NamedTensorMap
  | ReadonlyArray<{readonly name: string; readonly tensor?: tf.Tensor | null | undefined; readonly dtype?: undefined}>;

/**
 * The gradients by variable.
 * @throws where a name is missing or belongs to no live variable, where a variable has two gradients, and where a
 *   gradient has another shape than its variable or is not float32.
 */
export function gradientsByVariable(named: NamedGradients): Gradients {
  const gradients = new Map<tf.Variable, tf.Tensor>();
  // This runs in every step for hundreds of variables, so it makes no list of pairs.
  if (isList(named)) for (const one of named) addGradient(gradients, nameOf(one), one.tensor);
  else if (!isPlain(named)) throw notGradients(named);
  else for (const name of Object.keys(named)) addGradient(gradients, name, named[name]);
  return gradients;
}

function addGradient(
  gradients: Map<tf.Variable, tf.Tensor>,
  name: string,
  gradient: tf.Tensor | null | undefined,
): void {
  if (gradient === null || gradient === undefined) return;
  const variable = tf.engine().registeredVariables[name];
  // The name is compared, because every object inherits properties such as 'constructor'.
  if (typeof variable !== 'object' || variable.name !== name)
    throw new Error(`There is a gradient for '${name}', but no live variable has that name; it may be disposed.`);
  checkGradient(variable, gradient);
  const {size} = gradients;
  if (gradients.set(variable, gradient).size === size)
    throw new Error(`There are two gradients for '${name}'; pass their sum.`);
}

function nameOf(one: object): string {
  if ('name' in one && typeof one.name === 'string' && 'tensor' in one) return one.name;
  throw notGradients(one);
}

function notGradients(given: unknown): Error {
  return new Error(`applyGradients takes a list of {name: variable.name, tensor: gradient}; got ${shown(given)}.`);
}

function isList(named: NamedGradients): named is Extract<NamedGradients, readonly unknown[]> {
  return Array.isArray(named);
}

/** @throws where the tensor can't be a gradient of the variable. */
function checkGradient(variable: tf.Variable, gradient: tf.Tensor): void {
  if (gradient.isDisposed) throw new Error(`The gradient of '${variable.name}' is disposed; pass a live tensor.`);
  if (gradient.dtype !== 'float32')
    throw new Error(`The gradient of '${variable.name}' is ${gradient.dtype}; it must be float32.`);
  if (!tf.util.arraysEqual(gradient.shape, variable.shape)) {
    throw new Error(
      `The gradient of '${variable.name}' has the shape [${gradient.shape}]; ` +
        `it must have the variable's shape [${variable.shape}].`,
    );
  }
}

/** Gradients, which add up between calls of `zeroGrad`. This store owns the tensors; they survive `tf.tidy`. */
export class GradientStore {
  readonly #stored = new Map<tf.Variable, tf.Tensor>();

  /** The gradient of a variable, which the optimizer owns; `undefined` where there is none. */
  get(variable: tf.Variable): tf.Tensor | undefined {
    checkIsVariable(variable);
    return this.#stored.get(variable);
  }

  /** Replaces the gradient of a variable; `undefined` removes it. The caller still owns the tensor. */
  set(variable: tf.Variable, gradient: tf.Tensor | undefined): void {
    checkIsVariable(variable);
    if (gradient !== undefined) checkGradient(variable, gradient);
    const old = this.#stored.get(variable);
    if (gradient === undefined) this.#stored.delete(variable);
    else this.#stored.set(variable, tf.keep(gradient.clone()));
    old?.dispose();
  }

  /** Adds to the gradient of a variable. */
  add(variable: tf.Variable, gradient: tf.Tensor): void {
    const old = this.#stored.get(variable);
    if (old === undefined) this.set(variable, gradient);
    else
      tf.tidy(() => {
        this.set(variable, tf.add(old, gradient));
      });
  }

  /** Disposes all gradients. With `toNone` false, replaces them with zeros. */
  zero(toNone: boolean): void {
    checkSwitch('setToNone', toNone);
    for (const [variable, gradient] of [...this.#stored]) {
      if (toNone || !isLive(variable)) this.set(variable, undefined);
      else
        tf.tidy(() => {
          this.set(variable, tf.zerosLike(gradient));
        });
    }
  }

  /** The gradients of live variables. */
  all(): Gradients {
    return new Map([...this.#stored].filter(([variable]) => isLive(variable)));
  }
}
