import {util} from '@tensorflow/tfjs-core';

export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(one => typeof one === 'number');
}

/**
 * The axes of a reduction, not negative. Without an axis, tfjs reduces along all. Undefined for what is not an axis or
 * a list of axes.
 */
export function axesOf(shape: readonly number[], axis: unknown): number[] | undefined {
  const given = axis ?? shape.map((_, i) => i);
  return typeof given === 'number' || isNumbers(given) ? util.parseAxisParam(given, [...shape]) : undefined;
}
