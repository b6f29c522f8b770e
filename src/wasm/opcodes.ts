/**
 * The instructions that the assembler knows, by name: their bytes, and what stands between those and the operands. Only what the package's
 * own modules use; another instruction is one more word here. Codes as in the WebAssembly Core Specification 2.0, section 5.4.
 */
export type Immediate = 'none' | 'memory' | 'lane' | 'shuffle' | 'local' | 'function' | 'label' | 'i32' | 'f32' | 'f64' | 'zero';

export interface Instruction {
  readonly code: readonly number[];
  readonly immediate: Immediate;
}

const VECTOR = 0xfd;

/** Names with consecutive codes from the first one on; `-` skips a code. */
type Row = readonly [first: number, names: string, immediate?: Immediate];

const COMPARE = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const INTEGER = 'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const FLOAT = 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign';
const FLOAT_COMPARE = 'eq ne lt gt le ge';
const VECTOR_FLOAT = 'abs neg - sqrt add sub mul div min max pmin pmax';

function of(type: string, names: string): string {
  return names.split(' ').map(name => name === '-' ? name : `${type}.${name}`).join(' ');
}

const PLAIN: readonly Row[] = [
  [0x00, 'unreachable nop'], [0x0c, 'br br_if', 'label'], [0x0f, 'return'], [0x10, 'call', 'function'], [0x1a, 'drop select'],
  [0x20, 'local.get local.set local.tee', 'local'],
  [0x28, 'i32.load i64.load f32.load f64.load', 'memory'], [0x2d, 'i32.load8_u', 'memory'],
  [0x36, 'i32.store i64.store f32.store f64.store', 'memory'], [0x3f, 'memory.size memory.grow', 'zero'],
  [0x41, 'i32.const', 'i32'], [0x43, 'f32.const', 'f32'], [0x44, 'f64.const', 'f64'],
  [0x45, `i32.eqz ${of('i32', COMPARE)}`], [0x5b, `${of('f32', FLOAT_COMPARE)} ${of('f64', FLOAT_COMPARE)}`], [0x67, of('i32', INTEGER)],
  [0x8b, `${of('f32', FLOAT)} ${of('f64', FLOAT)}`],
  [0xa8, 'i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u'],
  [0xb2, 'f32.convert_i32_s f32.convert_i32_u - - f32.demote_f64 f64.convert_i32_s f64.convert_i32_u - - f64.promote_f32 i32.reinterpret_f32 - f32.reinterpret_i32'],
];
const SIMD: readonly Row[] = [
  [0, 'v128.load', 'memory'], [7, 'v128.load8_splat v128.load16_splat v128.load32_splat v128.load64_splat v128.store', 'memory'],
  [13, 'i8x16.shuffle', 'shuffle'], [15, 'i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat'],
  [27, 'i32x4.extract_lane i32x4.replace_lane', 'lane'], [31, 'f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane', 'lane'],
  [55, `${of('i32x4', COMPARE)} ${of('f32x4', FLOAT_COMPARE)} ${of('f64x2', FLOAT_COMPARE)} ${of('v128', 'not and andnot or xor bitselect any_true')}`],
  [92, 'v128.load32_zero v128.load64_zero', 'memory'], [94, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4'],
  [103, of('f32x4', 'ceil floor trunc nearest')], [171, of('i32x4', 'shl shr_s shr_u add - - sub - - - mul min_s min_u max_s max_u')],
  [224, `${of('f32x4', VECTOR_FLOAT)} ${of('f64x2', VECTOR_FLOAT)} i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u`],
];

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push(rest & 127 | 128);
  return [...bytes, rest];
}

function table(rows: readonly Row[], prefix: number | undefined): Array<[string, Instruction]> {
  return rows.flatMap(([first, names, immediate = 'none']) => names.split(' ').map((name, i): [string, Instruction] =>
    [name, {code: prefix === undefined ? [first + i] : [prefix, ...unsigned(first + i)], immediate}]));
}

export const INSTRUCTIONS: ReadonlyMap<string, Instruction> = new Map([...table(PLAIN, undefined), ...table(SIMD, VECTOR)]);

/** The bytes of the value types. */
export const TYPES: Readonly<Record<string, number>> = {i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b};
