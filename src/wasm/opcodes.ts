/**
 * The bytes of the instructions of the package's modules, by name. The codes are those of the WebAssembly Core
 * Specification 2.0, section 5.4. Instructions that only text uses are in `text_opcodes.ts`.
 */
import {type Bytes, unsigned} from './encode';

const VECTOR = 0xfd;

/** Names with consecutive codes, from `first` on; `-` skips a code. */
export type Row = readonly [first: number, names: string];

const FLOAT = 'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign';
export const FLOAT_COMPARE = 'eq ne lt gt le ge';

/** The names of a type's instructions, with the type before each. */
export function of(type: string, names: string): string {
  return names
    .split(' ')
    .map(name => (name === '-' ? name : `${type}.${name}`))
    .join(' ');
}

const PLAIN: readonly Row[] = [
  [0x0d, 'br_if'],
  [0x10, 'call'],
  [0x1b, 'select'],
  [0x20, 'local.get local.set local.tee'],
  [0x28, 'i32.load - f32.load f64.load'],
  [0x38, 'f32.store f64.store'],
  [0x41, 'i32.const - f32.const'],
  [0x45, 'i32.eqz'],
  [0x49, 'i32.lt_u'],
  [0x5b, of('f32', FLOAT_COMPARE)],
  [0x6a, 'i32.add i32.sub'],
  [0x71, 'i32.and i32.or - i32.shl'],
  [0x8b, `${of('f32', FLOAT)} ${of('f64', FLOAT)}`],
  [0xb3, 'f32.convert_i32_u - - f32.demote_f64 - f64.convert_i32_u - - f64.promote_f32'],
];
const SIMD: readonly Row[] = [
  [0, 'v128.load'],
  [11, 'v128.store - i8x16.shuffle'],
  [17, 'i32x4.splat - f32x4.splat'],
  [27, 'i32x4.extract_lane'],
  [31, 'f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane'],
  [65, of('f32x4', FLOAT_COMPARE)],
  [77, of('v128', 'not and - or - bitselect')],
  [95, 'f64x2.promote_low_f32x4'],
  [177, 'i32x4.sub'],
  [224, `${of('f32x4', 'abs neg - sqrt add sub mul div min max - pmax')} - - - - f64x2.add`],
];

/** @param plain the instructions with codes of one byte. */
export function table(plain: readonly Row[], simd: readonly Row[]): Array<[string, Bytes]> {
  const rows = (of: readonly Row[], code: (at: number) => Bytes): Array<[string, Bytes]> =>
    of.flatMap(([first, names]) => names.split(' ').map((name, i): [string, Bytes] => [name, code(first + i)]));
  return [...rows(plain, at => [at]), ...rows(simd, at => [VECTOR, ...unsigned(at)])];
}

export const INSTRUCTIONS: ReadonlyMap<string, Bytes> = new Map(table(PLAIN, SIMD));

/** The bytes of the value types. */
export const TYPES = {i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b} as const;
export type ValueType = keyof typeof TYPES;
