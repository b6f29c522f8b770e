import {shown} from '../util/shown';
import type {Value} from './value';

/** The argument of a start. */
export interface StartContext {
  /** The parameter before its first step. */
  readonly p: Value;
  /** Its gradient, of the same shape. Zeros where it has none. */
  readonly grad: Value;
  /** The options of the callback, with their values in the parameter's group. */
  readonly options: Readonly<Record<string, number | boolean>>;
}

/** What is known of a state entry besides its start. */
export interface StartSettings {
  /**
   * `'weight'`: the entry holds a point in the space of the weights, of the parameter's shape. `opt.rebase()` restarts
   * it.
   */
  readonly space?: 'weight' | undefined;
}

/** Makes the first value of a state entry that lives on the device. */
export interface Start extends StartSettings {
  (at: StartContext): Value;
}

/**
 * Starts at zeros of the parameter's shape.
 * @example
 * ```ts
 * const summed = callback('summed', {state: {sum: zeros}}, ({grad, sum}) => ({sum: sum.add(grad)}));
 * ```
 */
export const zeros: Start = ({p}) => p.zerosLike();

/**
 * Starts as a copy of the parameter: a point in weight space, such as slow weights and averages.
 * @example
 * ```ts
 * const drift = callback('drift', {state: {first: copy}}, ({p, grad, first}) => ({
 *   grad: grad.add(p.sub(first).mul(0.1)),
 * }));
 * ```
 */
export const copy: Start = /* @__PURE__ */ startAt(({p}) => p, {space: 'weight'});

/**
 * A scalar (rank 0) that starts at 0.
 * @example
 * ```ts
 * const scaled = callback('scaled', {state: {size: scalar}}, ({grad, size}) => ({
 *   size: size.mul(0.9).add(grad.square().mean().mul(0.1)),
 * }));
 * ```
 */
export const scalar: Start = ({p}) => p.sum().zerosLike();

/**
 * Starts at what `f` computes from the parameter and its first gradient.
 * @param f gets `{p, grad, options}`. The shape of its result is the entry's shape.
 * @param settings `space: 'weight'` for an entry that holds a point in weight space, as `copy` does.
 * @throws for what is not a function, another setting, and another space.
 * @example
 * ```ts
 * const first = startAt(({grad}) => grad.square());
 * const squares = callback('squares', {state: {sqr: first}}, ({grad, sqr}) => ({
 *   sqr: sqr.mul(0.9).add(grad.square().mul(0.1)),
 * }));
 * ```
 */
export function startAt(f: (at: StartContext) => Value, settings: StartSettings = {}): Start {
  const {space, ...others}: {readonly space?: unknown} = settings;
  const given: unknown = f;
  const isFunction = typeof given === 'function';
  if (!isFunction || (space !== undefined && space !== 'weight') || Object.keys(others).length > 0)
    throw new Error(
      `startAt takes a function and the setting {space: 'weight'}; got ${shown(isFunction ? settings : given)}.`,
    );
  return space === undefined ? f : Object.assign((at: StartContext) => f(at), {space} as const);
}
