import type {Elementwise, Node} from './graph';

/** Four elements, one element of a parameter, or a scalar: what an expression computes. */
export type Width = 'vector' | 'element' | 'scalar';

const NAMES: Partial<Record<Elementwise, string>> = {
  add: 'add', sub: 'sub', mul: 'mul', div: 'div', maximum: 'max', minimum: 'min', sqrt: 'sqrt', abs: 'abs', neg: 'neg',
  less: 'lt', lessEqual: 'le', greater: 'gt', greaterEqual: 'ge', equal: 'eq',
};

/** The expression of an operation on operands that are expressions without effects. Conditions are 0 or 1, in vectors masks. */
export function expression(op: Elementwise, args: readonly string[], width: Width): string {
  const vector = width === 'vector';
  const type = vector ? 'f32x4' : 'f32';
  const [a = '', b = ''] = args;
  switch (op) {
    case 'square': return `(${type}.mul ${a} ${a})`;
    case 'sign': return `(${type}.sub ${oneWhere('gt', a, vector)} ${oneWhere('lt', a, vector)})`;
    case 'logicalAnd': return `(${vector ? 'v128' : 'i32'}.and ${a} ${b})`;
    case 'logicalOr': return `(${vector ? 'v128' : 'i32'}.or ${a} ${b})`;
    case 'logicalNot': return vector ? `(v128.not ${a})` : `(i32.eqz ${a})`;
    case 'select': return vector ? `(v128.bitselect ${args.slice(1).join(' ')} ${a})` : `(select ${args.slice(1).join(' ')} ${a})`;
    case 'exp': case 'log': case 'pow': case 'softplus': return `(call $${op}${vector ? '4' : ''} ${args.join(' ')})`;
    default: return `(${type}.${String(NAMES[op])} ${args.join(' ')})`;
  }
}

function oneWhere(comparison: 'lt' | 'gt', a: string, vector: boolean): string {
  return vector
    ? `(v128.and (f32x4.${comparison} ${a} (f32x4.splat (f32.const 0))) (f32x4.splat (f32.const 1)))`
    : `(f32.convert_i32_u (f32.${comparison} ${a} (f32.const 0)))`;
}

/** A constant of the graph. */
export function literal(value: 0 | 1, type: Node['type'], width: Width): string {
  if (width !== 'vector') return `(${type === 'bool' ? 'i32' : 'f32'}.const ${value})`;
  return type === 'bool' ? `(i32x4.splat (i32.const ${-value}))` : `(f32x4.splat (f32.const ${value}))`;
}

/** A scalar in all lanes of a vector. */
export function splat(scalar: string, type: Node['type']): string {
  return type === 'bool' ? `(i32x4.splat (i32.sub (i32.const 0) ${scalar}))` : `(f32x4.splat ${scalar})`;
}

export function localType(type: Node['type'], width: Width): string {
  if (width === 'vector') return 'v128';
  return type === 'bool' ? 'i32' : 'f32';
}

// Where softplus(x) is x, and e^x below its negative, within single precision.
const SOFTPLUS_FROM = -(Math.log(2 ** -23) + 2);

const FUNCTIONS: Readonly<Record<string, string>> = {
  exp: '(func $exp (param $x f32) (result f32) (f32.demote_f64 (call $mathExp (f64.promote_f32 (local.get $x)))))',
  log: '(func $log (param $x f32) (result f32) (f32.demote_f64 (call $mathLog (f64.promote_f32 (local.get $x)))))',
  pow: '(func $pow (param $x f32) (param $y f32) (result f32) (f32.demote_f64 (call $mathPow (f64.promote_f32 (local.get $x)) (f64.promote_f32 (local.get $y)))))',
  softplus: `(func $softplus (param $x f32) (result f32) (local $e f32)
    (local.set $e (f32.demote_f64 (call $mathExp (f64.promote_f32 (local.get $x)))))
    (select (local.get $x)
      (select (local.get $e) (f32.demote_f64 (call $mathLog (f64.promote_f32 (f32.add (f32.const 1) (local.get $e)))))
        (f32.lt (local.get $x) (f32.const ${-SOFTPLUS_FROM})))
      (f32.gt (local.get $x) (f32.const ${SOFTPLUS_FROM}))))`,
};

/** Imports and functions for the operations that WebAssembly has no instructions for. They go through the host, lane by lane. */
export function helpers(used: ReadonlySet<Elementwise>): string {
  const names = Object.keys(FUNCTIONS).filter(name => [...used].some(op => op === name));
  if (names.length === 0) return '';
  const imports = '(import "math" "exp" (func $mathExp (param f64) (result f64))) (import "math" "log" (func $mathLog (param f64) (result f64)))'
    + ' (import "math" "pow" (func $mathPow (param f64) (param f64) (result f64)))';
  return [imports, ...names.flatMap(name => [FUNCTIONS[name] ?? '', byLanes(name, name === 'pow' ? ['x', 'y'] : ['x'])])].join('\n');
}

function byLanes(name: string, params: readonly string[]): string {
  const lane = (i: number): string => `(call $${name} ${params.map(param => `(f32x4.extract_lane ${i} (local.get $${param}))`).join(' ')})`;
  const filled = [1, 2, 3].reduce((vector, i) => `(f32x4.replace_lane ${i} ${vector} ${lane(i)})`, `(f32x4.splat ${lane(0)})`);
  return `(func $${name}4 ${params.map(param => `(param $${param} v128)`).join(' ')} (result v128) ${filled})`;
}
