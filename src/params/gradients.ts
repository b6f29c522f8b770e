import * as tf from '@tensorflow/tfjs-core';

import {shown} from '../util/shown';

/** A gradient for each variable that has one. */
export type Gradients = ReadonlyMap<tf.Variable, tf.Tensor>;

/**
 * What `applyGradients` takes: by name, or a list. Entries without a tensor are skipped. The absent `dtype` tells the
 * compiler that a tensor is no entry.
 */
export type NamedGradients =
  | tf.NamedTensorMap
  | ReadonlyArray<{readonly name: string; readonly tensor?: tf.Tensor | null | undefined; readonly dtype?: undefined}>;

/**
 * The gradients by variable.
 * @throws where there are no names, a name is of no living variable, or a gradient is not its variable's shape and
 *   type.
 */
export function gradientsByVariable(named: NamedGradients): Gradients {
  const gradients = new Map<tf.Variable, tf.Tensor>();
  // No list of pairs in between: a model has hundreds of variables, and this runs in every step.
  if (isList(named)) for (const one of named) addGradient(gradients, nameOf(one), one.tensor);
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
  // One look-up, and none of what every object has: 'constructor', say.
  if (typeof variable !== 'object' || variable.name !== name)
    throw new Error(`There is a gradient for '${name}', but no variable of that name; it may have been disposed.`);
  checkGradient(variable, gradient);
  const {size} = gradients;
  if (gradients.set(variable, gradient).size === size)
    throw new Error(`There are two gradients for '${name}'; add them up.`);
}

function nameOf(one: object): string {
  if ('name' in one && typeof one.name === 'string' && 'tensor' in one) return one.name;
  throw new Error(`applyGradients takes a list of {name: variable.name, tensor: gradient}; got ${shown(one)}.`);
}

function isList(named: NamedGradients): named is Extract<NamedGradients, readonly unknown[]> {
  return Array.isArray(named);
}

/** @throws where the gradient can't be one of the variable. */
export function checkGradient(variable: tf.Variable, gradient: tf.Tensor): void {
  if (gradient.isDisposed) throw new Error(`The gradient of '${variable.name}' is disposed.`);
  if (gradient.dtype !== 'float32')
    throw new Error(`The gradient of '${variable.name}' is ${gradient.dtype}; it must be float32.`);
  if (!tf.util.arraysEqual(gradient.shape, variable.shape)) {
    throw new Error(
      `The gradient of '${variable.name}' has the shape [${gradient.shape}]; it must have the variable's, [${variable.shape}].`,
    );
  }
}

/** Gradients that add up between calls of `zeroGrad`. The tensors belong to this store and survive `tf.tidy`. */
export class GradientStore {
  readonly #stored = new Map<tf.Variable, tf.Tensor>();

  /** The gradient of a variable, owned by the optimizer; `undefined` where there is none. */
  get(variable: tf.Variable): tf.Tensor | undefined {
    return this.#stored.get(variable);
  }

  /** Replaces the gradient of a variable; `undefined` removes it. The tensor stays the caller's. */
  set(variable: tf.Variable, gradient: tf.Tensor | undefined): void {
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

  /** Frees all gradients, or with `toNone` false replaces them by zeros. */
  zero(toNone: boolean): void {
    for (const [variable, gradient] of [...this.#stored]) {
      if (toNone || variable.isDisposed) this.set(variable, undefined);
      else
        tf.tidy(() => {
          this.set(variable, tf.zerosLike(gradient));
        });
    }
  }

  /** What is stored, for living variables. */
  all(): Gradients {
    return new Map([...this.#stored].filter(([variable]) => !variable.isDisposed));
  }
}
