import {shown} from '../util/shown';
import type {Value} from './value';

/**
 * The axes of values that are traced for parameters of several shapes at once. Each list stands for axes that depend on
 * the shape.
 */
export const SYMBOLIC_AXES: {readonly last: number[]; readonly others: number[]} = {last: [-1], others: [-2]};

/**
 * The last axis of a value, for reductions. A parameter is seen as a matrix whose columns are its last axis, so
 * `grad.square().mean(lastAxis(grad), true)` is one number per row. A scalar has no axes: its mean is itself.
 * @example
 * ```ts
 * const rowMeans = callback('rowMeans', {}, ({grad}) => ({grad: grad.sub(grad.mean(lastAxis(grad), true))}));
 * ```
 */
export function lastAxis(x: Value): number[] {
  if (isSymbolic('lastAxis', x)) return SYMBOLIC_AXES.last;
  return x.rank === 0 ? [] : [-1];
}

/**
 * All axes of a value but the last, for reductions: `grad.square().mean(otherAxes(grad), true)` is one number per
 * column. A vector has no other axes: its mean along them is itself.
 * @example
 * ```ts
 * const columnMeans = callback('columnMeans', {}, ({grad}) => ({grad: grad.sub(grad.mean(otherAxes(grad), true))}));
 * ```
 */
export function otherAxes(x: Value): number[] {
  return isSymbolic('otherAxes', x)
    ? SYMBOLIC_AXES.others
    : Array.from({length: Math.max(0, x.rank - 1)}, (_, axis) => axis);
}

/**
 * Whether it is a traced value, which may not know its shape.
 * @throws for anything else than a value.
 */
function isSymbolic(name: string, x: unknown): boolean {
  if (typeof x !== 'object' || x === null || !('zerosLike' in x))
    throw new Error(`${name} takes the value to reduce, as in grad.mean(${name}(grad), true); got ${shown(x)}.`);
  return 'isTraced' in x;
}
