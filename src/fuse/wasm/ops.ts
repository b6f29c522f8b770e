import {at} from '../../util/at';
import {type Bytes, functionType, type Import} from '../../wasm/encode';
import {HOST} from '../../wasm/instance';
import {TYPES, type ValueType} from '../../wasm/opcodes';
import type {Elementwise, Node} from '../graph';
import {call, float, int, lane, op} from './instructions';

/** The operations that WebAssembly has no instructions for. */
export const HOST_NAMES: readonly string[] = Object.keys(HOST);

/** What an expression computes: four elements of a parameter, one element, or a scalar. */
export type Width = 'vector' | 'element' | 'scalar';

/**
 * Makes the instructions of an operation from those of its operands, which have no side effects, because some are
 * repeated. Conditions are 0 or 1; in vectors they are masks.
 */
type Code = (width: Width, a: Bytes, ...others: readonly Bytes[]) => Bytes;

const CODE: Readonly<Record<Elementwise, Code>> = {
  add: onFloats('add'),
  sub: onFloats('sub'),
  mul: onFloats('mul'),
  div: onFloats('div'),
  maximum: onFloats('max'),
  minimum: onFloats('min'),
  pow: byHost('pow'),
  sqrt: onFloats('sqrt'),
  square: (width, a) => CODE.mul(width, a, a),
  abs: onFloats('abs'),
  neg: onFloats('neg'),
  sign: (width, a) => CODE.sub(width, oneWhere('gt', a, width), oneWhere('lt', a, width)),
  exp: byHost('exp'),
  log: byHost('log'),
  tanh: byHost('tanh'),
  softplus,
  less: onFloats('lt'),
  lessEqual: onFloats('le'),
  greater: onFloats('gt'),
  greaterEqual: onFloats('ge'),
  equal: onFloats('eq'),
  logicalAnd: onConditions('v128.and', 'i32.and'),
  logicalOr: onConditions('v128.or', 'i32.or'),
  logicalNot: onConditions('v128.not', 'i32.eqz'),
  select: (width, condition, ...chosen) => op(width === 'vector' ? 'v128.bitselect' : 'select', ...chosen, condition),
};

/** The instructions of an operation on these operands. */
export function expression(name: Elementwise, args: readonly Bytes[], width: Width): Bytes {
  return CODE[name](width, at(args, 0), ...args.slice(1));
}

/** The code of an operation that is one instruction on numbers and on vectors. */
function onFloats(name: string): Code {
  return (width, ...operands) => op(`${width === 'vector' ? 'f32x4' : 'f32'}.${name}`, ...operands);
}

function onConditions(vector: string, scalar: string): Code {
  return (width, ...operands) => op(width === 'vector' ? vector : scalar, ...operands);
}

// Above this number softplus(x) is x, and below its negative it is e^x, within single precision.
const SOFTPLUS_FROM = -(Math.log(2 ** -23) + 2);

function softplus(width: Width, x: Bytes): Bytes {
  const number = (value: number): Bytes => (width === 'vector' ? op('f32x4.splat', float(value)) : float(value));
  const e = CODE.exp(width, x);
  return CODE.select(
    width,
    CODE.greater(width, x, number(SOFTPLUS_FROM)),
    x,
    CODE.select(width, CODE.less(width, x, number(-SOFTPLUS_FROM)), e, CODE.log(width, CODE.add(width, e, number(1)))),
  );
}

function oneWhere(comparison: 'lt' | 'gt', a: Bytes, width: Width): Bytes {
  return width === 'vector'
    ? op('v128.and', op(`f32x4.${comparison}`, a, op('f32x4.splat', float(0))), op('f32x4.splat', float(1)))
    : op('f32.convert_i32_u', op(`f32.${comparison}`, a, float(0)));
}

/** A constant of the graph. */
export function literal(value: 0 | 1, type: Node['type'], width: Width): Bytes {
  const scalar = type === 'bool' ? int(value) : float(value);
  return width === 'vector' ? splat(scalar, type) : scalar;
}

/** A vector with a scalar in all lanes. */
export function splat(scalar: Bytes, type: Node['type']): Bytes {
  return type === 'bool' ? op('i32x4.splat', op('i32.sub', int(0), scalar)) : op('f32x4.splat', scalar);
}

export function localType(type: Node['type'], width: Width): ValueType {
  if (width === 'vector') return 'v128';
  return type === 'bool' ? 'i32' : 'f32';
}

/** The bytes of value types. */
export function typesOf(...names: readonly ValueType[]): number[] {
  return names.map(name => TYPES[name]);
}

/** Calls a host function, in float64. A vector takes one call per lane. */
function byHost(name: keyof typeof HOST): Code {
  return (width, ...args) => {
    const math = (operands: readonly Bytes[]): Bytes =>
      op('f32.demote_f64', call(HOST_NAMES.indexOf(name), ...operands.map(operand => op('f64.promote_f32', operand))));
    if (width !== 'vector') return math(args);
    const each = (which: number): Bytes => math(args.map(arg => lane('f32x4.extract_lane', which, arg)));
    return [1, 2, 3].reduce(
      (filled, which) => lane('f32x4.replace_lane', which, filled, each(which)),
      op('f32x4.splat', each(0)),
    );
  };
}

/** The host functions that a graph needs: none, or `exp`, `log` and `pow`, or all up to the last that it uses. */
export function mathImports(used: (name: string) => boolean): Import[] {
  // `softplus` calls `exp` and `log`.
  if (![...HOST_NAMES, 'softplus'].some(used)) return [];
  const last = HOST_NAMES.reduce((most, name, i) => (used(name) && i > most ? i : most), HOST_NAMES.indexOf('pow'));
  return Object.entries(HOST)
    .slice(0, last + 1)
    .map(([name, {length}]) => ({
      from: 'math',
      name,
      type: functionType(typesOf(...new Array<'f64'>(length).fill('f64')), typesOf('f64')),
    }));
}
