/** The instructions of WebAssembly text, and their immediates: what text has between a name and the operands. */
import type {Bytes} from './encode';
import {FLOAT_COMPARE, INSTRUCTIONS, of, type Row, table} from './opcodes';

export type Immediate =
  'none' | 'memory' | 'lane' | 'shuffle' | 'local' | 'function' | 'label' | 'i32' | 'f32' | 'f64' | 'zero';

const COMPARE = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const INTEGER = 'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const VECTOR_FLOAT = 'abs neg - sqrt add sub mul div min max pmin pmax';

const PLAIN: readonly Row[] = [
  [0x00, 'unreachable nop'],
  [0x0c, 'br'],
  [0x0f, 'return'],
  [0x1a, 'drop'],
  [0x29, 'i64.load'],
  [0x2d, 'i32.load8_u'],
  [0x36, 'i32.store i64.store'],
  [0x3f, 'memory.size memory.grow'],
  [0x44, 'f64.const'],
  [0x46, of('i32', COMPARE)],
  [0x61, of('f64', FLOAT_COMPARE)],
  [0x67, of('i32', INTEGER)],
  [0xa8, 'i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u'],
  [0xb2, 'f32.convert_i32_s - - - - f64.convert_i32_s - - - - i32.reinterpret_f32 - f32.reinterpret_i32'],
];
const SIMD: readonly Row[] = [
  [7, 'v128.load8_splat v128.load16_splat v128.load32_splat v128.load64_splat'],
  [15, 'i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat'],
  [27, 'i32x4.extract_lane i32x4.replace_lane'],
  [33, 'f64x2.extract_lane f64x2.replace_lane'],
  [
    55,
    [
      of('i32x4', COMPARE),
      of('f32x4', FLOAT_COMPARE),
      of('f64x2', FLOAT_COMPARE),
      of('v128', 'not and andnot or xor bitselect any_true'),
    ].join(' '),
  ],
  [92, 'v128.load32_zero v128.load64_zero'],
  [94, 'f32x4.demote_f64x2_zero'],
  [103, of('f32x4', 'ceil floor trunc nearest')],
  [171, of('i32x4', 'shl shr_s shr_u add - - sub - - - mul min_s min_u max_s max_u')],
  [
    224,
    [
      of('f32x4', VECTOR_FLOAT),
      of('f64x2', VECTOR_FLOAT),
      of('i32x4', 'trunc_sat_f32x4_s trunc_sat_f32x4_u'),
      of('f32x4', 'convert_i32x4_s convert_i32x4_u'),
    ].join(' '),
  ],
  // Relaxed SIMD, of WebAssembly 3.0.
  [261, 'f32x4.relaxed_madd'],
];

export const TEXT_INSTRUCTIONS: ReadonlyMap<string, Bytes> = new Map(
  [...INSTRUCTIONS, ...table(PLAIN, SIMD)].filter(([name]) => name !== '-'),
);

const IMMEDIATES: ReadonlyArray<readonly [names: RegExp, immediate: Immediate]> = [
  [/\.(load|store)/, 'memory'],
  [/_lane$/, 'lane'],
  [/shuffle$/, 'shuffle'],
  [/^local\./, 'local'],
  [/^call$/, 'function'],
  [/^br/, 'label'],
  [/^i32\.const$/, 'i32'],
  [/^f32\.const$/, 'f32'],
  [/^f64\.const$/, 'f64'],
  [/^memory\./, 'zero'],
];

/** The kind of an instruction's immediates; `none` for all instructions that the list does not name. */
export function immediateOf(name: string): Immediate {
  return IMMEDIATES.find(([names]) => names.test(name))?.[1] ?? 'none';
}
