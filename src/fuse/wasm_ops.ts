import {type Bytes, type Func, functionCode, functionType, type Import} from '../wasm/encode';
import {TYPES} from '../wasm/opcodes';
import type {Elementwise, Node} from './graph';
import {call, float, get, int, lane, op, set} from './wasm_instructions';

/** Four elements, one element of a parameter, or a scalar: what an expression computes. */
export type Width = 'vector' | 'element' | 'scalar';

/** Calls a function of the module. */
export type Call = (name: string, ...operands: readonly Bytes[]) => Bytes;

const NAMES: Partial<Record<Elementwise, string>> = {
  add: 'add', sub: 'sub', mul: 'mul', div: 'div', maximum: 'max', minimum: 'min', sqrt: 'sqrt', abs: 'abs', neg: 'neg',
  less: 'lt', lessEqual: 'le', greater: 'gt', greaterEqual: 'ge', equal: 'eq',
};

/** The instructions of an operation on operands without effects. Conditions are 0 or 1, in vectors masks. */
export function expression(name: Elementwise, args: readonly Bytes[], width: Width, callOf: Call): Bytes {
  const vector = width === 'vector';
  const type = vector ? 'f32x4' : 'f32';
  const [a = [], b = []] = args;
  switch (name) {
    case 'square': return op(`${type}.mul`, a, a);
    case 'sign': return op(`${type}.sub`, oneWhere('gt', a, vector), oneWhere('lt', a, vector));
    case 'logicalAnd': return op(vector ? 'v128.and' : 'i32.and', a, b);
    case 'logicalOr': return op(vector ? 'v128.or' : 'i32.or', a, b);
    case 'logicalNot': return op(vector ? 'v128.not' : 'i32.eqz', a);
    case 'select': return op(vector ? 'v128.bitselect' : 'select', ...args.slice(1), a);
    case 'exp': case 'log': case 'pow': case 'softplus': return callOf(vector ? `${name}4` : name, ...args);
    default: return op(`${type}.${String(NAMES[name])}`, ...args);
  }
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

/** A scalar in all lanes of a vector. */
export function splat(scalar: Bytes, type: Node['type']): Bytes {
  return type === 'bool' ? op('i32x4.splat', op('i32.sub', int(0), scalar)) : op('f32x4.splat', scalar);
}

export function localType(type: Node['type'], width: Width): string {
  if (width === 'vector') return 'v128';
  return type === 'bool' ? 'i32' : 'f32';
}

/** Value types by name, as bytes. */
export function typesOf(...names: readonly string[]): number[] {
  return names.flatMap(name => TYPES[name] ?? []);
}

// Where softplus(x) is x, and e^x below its negative, within single precision.
const SOFTPLUS_FROM = -(Math.log(2 ** -23) + 2);

/** What WebAssembly has no instructions for, by the functions of the host in float64. `x` and `y` are the first locals. */
const FUNCTIONS: Readonly<Record<string, (math: Call) => Bytes>> = {
  exp: math => math('exp', get(0)),
  log: math => math('log', get(0)),
  pow: math => math('pow', get(0), get(1)),
  softplus: math => [
    ...set(1, math('exp', get(0))),
    ...op('select', get(0), op('select', get(1), math('log', op('f32.add', float(1), get(1))), op('f32.lt', get(0), float(-SOFTPLUS_FROM))),
      op('f32.gt', get(0), float(SOFTPLUS_FROM))),
  ],
};

const MATH = ['exp', 'log', 'pow'] as const;

/** A function of a module by its name inside. */
export type Named = readonly [name: string, func: Func];

/** Imports and functions for the operations that WebAssembly has no instructions for. They go through the host, lane by lane. */
export function helpers(used: ReadonlySet<Elementwise>): {readonly imports: readonly Import[]; readonly functions: readonly Named[]} {
  const names = Object.keys(FUNCTIONS).filter(name => [...used].some(each => each === name));
  if (names.length === 0) return {imports: [], functions: []};
  const math: Call = (name, ...operands) => op('f32.demote_f64', call(MATH.findIndex(each => each === name), ...operands.map(operand => op('f64.promote_f32', operand))));
  const imports = MATH.map(name => ({from: 'math', name, type: functionType(typesOf('f64', ...name === 'pow' ? ['f64'] : []), typesOf('f64'))}));
  const functions = names.flatMap((name, i): Named[] => {
    const params = name === 'pow' ? [0, 1] : [0];
    const each = (which: number): Bytes => call(MATH.length + 2 * i, ...params.map(param => lane('f32x4.extract_lane', which, get(param))));
    const filled = [1, 2, 3].reduce((vector, which) => lane('f32x4.replace_lane', which, vector, each(which)), op('f32x4.splat', each(0)));
    return [
      [name, {type: functionType(typesOf(...params.map(() => 'f32')), typesOf('f32')), exports: [], code: functionCode(typesOf('f32'), FUNCTIONS[name]?.(math) ?? [])}],
      [`${name}4`, {type: functionType(typesOf(...params.map(() => 'v128')), typesOf('v128')), exports: [], code: functionCode([], filled)}],
    ];
  });
  return {imports, functions};
}
