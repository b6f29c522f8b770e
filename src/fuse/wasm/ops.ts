import {at} from '../../util/at';
import {type Bytes, functionType, type Import} from '../../wasm/encode';
import {TYPES, type ValueType} from '../../wasm/opcodes';
import type {Elementwise, Node} from '../graph';
import {call, float, int, lane, op} from './instructions';

/** What an expression computes: four elements of a parameter, one element, or a scalar. */
export type Width = 'vector' | 'element' | 'scalar';

/** The instructions of the operations that are one instruction on numbers and on vectors. */
const NAMES = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  maximum: 'max',
  minimum: 'min',
  sqrt: 'sqrt',
  abs: 'abs',
  neg: 'neg',
  less: 'lt',
  lessEqual: 'le',
  greater: 'gt',
  greaterEqual: 'ge',
  equal: 'eq',
} as const satisfies Partial<Record<Elementwise, string>>;

/**
 * The instructions of an operation. The operands have no side effects, because some are repeated. Conditions are 0 or
 * 1; in vectors they are masks.
 */
export function expression(name: Elementwise, args: readonly Bytes[], width: Width): Bytes {
  const vector = width === 'vector';
  const type = vector ? 'f32x4' : 'f32';
  const a = at(args, 0);
  switch (name) {
    case 'square':
      return op(`${type}.mul`, a, a);
    case 'sign':
      return op(`${type}.sub`, oneWhere('gt', a, vector), oneWhere('lt', a, vector));
    case 'logicalAnd':
      return op(vector ? 'v128.and' : 'i32.and', ...args);
    case 'logicalOr':
      return op(vector ? 'v128.or' : 'i32.or', ...args);
    case 'logicalNot':
      return op(vector ? 'v128.not' : 'i32.eqz', a);
    case 'select':
      return op(vector ? 'v128.bitselect' : 'select', ...args.slice(1), a);
    case 'softplus':
      return softplus(a, width);
    case 'exp':
    case 'log':
    case 'pow':
      return byHost(name, args, vector);
    default:
      return op(`${type}.${NAMES[name]}`, ...args);
  }
}

// Above this number softplus(x) is x, and below its negative it is e^x, within single precision.
const SOFTPLUS_FROM = -(Math.log(2 ** -23) + 2);

function softplus(x: Bytes, width: Width): Bytes {
  const of = (name: Elementwise, ...args: readonly Bytes[]): Bytes => expression(name, args, width);
  const number = (value: number): Bytes => (width === 'vector' ? op('f32x4.splat', float(value)) : float(value));
  const e = of('exp', x);
  return of(
    'select',
    of('greater', x, number(SOFTPLUS_FROM)),
    x,
    of('select', of('less', x, number(-SOFTPLUS_FROM)), e, of('log', of('add', e, number(1)))),
  );
}

function oneWhere(comparison: 'lt' | 'gt', a: Bytes, vector: boolean): Bytes {
  return vector
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

const MATH = ['exp', 'log', 'pow'] as const;

/** The host functions that a graph needs, because WebAssembly has no instructions for them: all of them, or none. */
export function mathImports(used: (name: Elementwise) => boolean): Import[] {
  if (![...MATH, 'softplus' as const].some(used)) return [];
  return MATH.map(name => ({
    from: 'math',
    name,
    type: functionType(typesOf('f64', ...(name === 'pow' ? (['f64'] as const) : [])), typesOf('f64')),
  }));
}

/** Calls a host function, in float64. A vector takes one call per lane. */
function byHost(name: (typeof MATH)[number], args: readonly Bytes[], vector: boolean): Bytes {
  const math = (operands: readonly Bytes[]): Bytes =>
    op('f32.demote_f64', call(MATH.indexOf(name), ...operands.map(operand => op('f64.promote_f32', operand))));
  if (!vector) return math(args);
  const each = (which: number): Bytes => math(args.map(arg => lane('f32x4.extract_lane', which, arg)));
  return [1, 2, 3].reduce(
    (filled, which) => lane('f32x4.replace_lane', which, filled, each(which)),
    op('f32x4.splat', each(0)),
  );
}
