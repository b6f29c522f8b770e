import type {WasmFeatures} from '../wasm/module';

/** The text of three values. */
export interface MultiplyAdd {
  readonly x: string;
  readonly y: string;
  readonly sum: string;
}

/**
 * sum + x · y. With relaxed SIMD, vectors take one instruction, which rounds once on processors that have such an
 * instruction, and twice on others. WebAssembly has none for single numbers.
 */
export function multiplyAdd({relaxedSimd}: WasmFeatures, op: 'f32x4' | 'f32', {x, y, sum}: MultiplyAdd): string {
  return relaxedSimd && op === 'f32x4'
    ? `(f32x4.relaxed_madd ${x} ${y} ${sum})`
    : `(${op}.add ${sum} (${op}.mul ${x} ${y}))`;
}
