import type {Plan} from '../plan';

/**
 * Where a WebAssembly function finds the arguments of one parameter, in bytes from the start of its arguments: `count`
 * (the elements of this call), `size` (the elements of the parameter), the offsets of inputs and then outputs in the
 * memory, and the reductions so far, in float64.
 */
export interface ArgumentLayout {
  readonly count: 0;
  readonly size: 4;
  readonly inputs: number;
  readonly outputs: number;
  readonly reductions: number;
  /** The length. It is a multiple of 8, as is the start of every job's arguments. */
  readonly bytes: number;
}

export function layoutOf({inputs, outputs, reductions}: Plan): ArgumentLayout {
  const first = 8;
  const outputsAt = first + 4 * inputs.length;
  const reductionsAt = aligned(outputsAt + 4 * outputs.length);
  return {
    count: 0,
    size: 4,
    inputs: first,
    outputs: outputsAt,
    reductions: reductionsAt,
    bytes: reductionsAt + 8 * reductions.length,
  };
}

/** Rounds up to a multiple of 8. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
