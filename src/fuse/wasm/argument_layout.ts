import type {ReusingPlan} from './reuse';

/**
 * Where a WebAssembly function finds the arguments of one parameter, in bytes from the start of its arguments: `count`
 * (the elements of this call), `size` (the elements of the parameter), the offsets of inputs and then outputs in the
 * memory, and the reductions so far, in float64. A reduction to rows or columns has in this place the offset of its
 * numbers: in float64 while they are summed, and in float32 afterwards.
 */
export interface ArgumentLayout {
  readonly count: 0;
  readonly size: 4;
  readonly inputs: number;
  readonly outputs: number;
  /**
   * Only of plans with axes, four words: the rows and columns of this call, and those of the parameter. A call has
   * either whole rows or a part of one row.
   */
  readonly axes: number;
  /** The offsets of the memory for stored values. */
  readonly stored: number;
  readonly reductions: number;
  /** The length. It is a multiple of 8, as is the start of every job's arguments. */
  readonly bytes: number;
}

export function layoutOf({inputs, outputs, reductions, hasAxes, stored}: ReusingPlan): ArgumentLayout {
  const first = 8;
  const outputsAt = first + 4 * inputs.length;
  const axes = outputsAt + 4 * outputs.length;
  const storedAt = axes + (hasAxes ? 16 : 0);
  const reductionsAt = aligned(storedAt + 4 * stored.length);
  return {
    count: 0,
    size: 4,
    inputs: first,
    outputs: outputsAt,
    axes,
    stored: storedAt,
    reductions: reductionsAt,
    bytes: reductionsAt + 8 * reductions.length,
  };
}

/** Where a function finds the number of its rows or columns: of the call, or of the parameter. */
export function lengthAt({axes}: ArgumentLayout, extent: 'rows' | 'cols', of: 'call' | 'parameter'): number {
  return axes + (of === 'call' ? 0 : 8) + (extent === 'rows' ? 0 : 4);
}

/** Rounds up to a multiple of 8. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
