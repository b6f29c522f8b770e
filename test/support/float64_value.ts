import type {Operand, Value} from '../../src';
import type {Elementwise} from '../../src/fuse/graph';
import {type Binary, operationNames, type Unary} from '../../src/rule/operations';
import {present} from './present';

/** What each operation computes from an element of each operand. Conditions are 0 and 1. */
const ORACLES: Readonly<Record<Elementwise, (...operands: number[]) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  pow: Math.pow,
  sqrt: Math.sqrt,
  square: a => a * a,
  abs: Math.abs,
  neg: a => -a,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  softplus: a => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  equal: (a, b) => Number(a === b),
  logicalAnd: (a, b) => Number(a !== 0 && b !== 0),
  logicalOr: (a, b) => Number(a !== 0 || b !== 0),
  logicalNot: a => Number(a === 0),
  select: (condition, a, b) => (condition === 0 ? b : a),
};

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- The loop below defines these methods.
export interface Float64Value
  extends Record<Unary, () => Float64Value>, Record<Binary, (b: Operand) => Float64Value> {}

/** A value of callbacks in plain JavaScript numbers, which are float64. Booleans are 0 and 1. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- As above.
export class Float64Value implements Value {
  constructor(
    readonly shape: readonly number[],
    readonly values: Float64Array,
  ) {
    if (values.length !== sizeOf(shape)) throw new Error(`${values.length} values don't fill the shape [${shape}].`);
  }

  get rank(): number {
    return this.shape.length;
  }
  get size(): number {
    return this.values.length;
  }

  zerosLike() {
    return new Float64Value(this.shape, new Float64Array(this.size));
  }
  onesLike() {
    return new Float64Value(this.shape, new Float64Array(this.size).fill(1));
  }
  sum(axis?: number | number[], keepDims = false): Float64Value {
    if (axis === undefined) return new Float64Value([], Float64Array.of(this.values.reduce((a, b) => a + b, 0)));
    if (!keepDims) throw new Error('Axes are kept.');
    const axes = [axis].flat().map(one => (one < 0 ? one + this.rank : one));
    const shape = this.shape.map((length, i) => (axes.includes(i) ? 1 : length));
    const sums = new Float64Array(sizeOf(shape));
    const [from, to] = [strides(this.shape), strides(shape)];
    this.values.forEach((x, i) => {
      const target = shape.reduce(
        (at, length, j) => at + (length === 1 ? 0 : (Math.floor(i / present(from[j])) % length) * present(to[j])),
        0,
      );
      sums[target] = present(sums[target]) + x;
    });
    return new Float64Value(shape, sums);
  }
  mean(axis?: number | number[], keepDims = false): Float64Value {
    const sum = this.sum(axis, keepDims);
    return sum.mul(sum.size / this.size);
  }
  any() {
    return new Float64Value([], Float64Array.of(Number(this.values.some(x => x !== 0))));
  }
  max() {
    return new Float64Value([], Float64Array.of(this.values.reduce((a, b) => Math.max(a, b), -Infinity)));
  }
  where(condition: Operand, other: Operand) {
    return asFloat64(condition).computed('select', this, other);
  }

  /** The result of an operation on this value and others. */
  computed(op: Elementwise, ...others: readonly Operand[]): Float64Value {
    const operands = [this, ...others.map(asFloat64)];
    const shape = operands.map(each => each.shape).reduce(broadcast);
    const values = operands.map(each => each.#broadcastTo(shape));
    const {[op]: oracle} = ORACLES;
    return new Float64Value(
      shape,
      Float64Array.from({length: sizeOf(shape)}, (_, i) => oracle(...values.map(each => present(each[i])))),
    );
  }

  #broadcastTo(shape: readonly number[]): Float64Array {
    if (String(shape) === String(this.shape)) return this.values;
    const lead = shape.length - this.rank;
    const own = strides(this.shape);
    // Along an axis that is repeated, or that this value lacks, the same elements come again.
    const steps = shape.map((_, axis) =>
      axis < lead || this.shape[axis - lead] === 1 ? 0 : present(own[axis - lead]),
    );
    const outer = strides(shape);
    return Float64Array.from({length: sizeOf(shape)}, (_, i) => {
      const at = shape.reduce(
        (sum, size, axis) => sum + (Math.floor(i / present(outer[axis])) % size) * present(steps[axis]),
        0,
      );
      return present(this.values[at]);
    });
  }
}

for (const name of operationNames)
  Float64Value.prototype[name] = function (this: Float64Value, ...others: readonly Operand[]): Float64Value {
    return this.computed(name, ...others);
  };

function asFloat64(x: Operand): Float64Value {
  if (x instanceof Float64Value) return x;
  if (typeof x === 'number' || typeof x === 'boolean') return new Float64Value([], Float64Array.of(Number(x)));
  throw new Error('The float64 evaluation computes with numbers and its own values only.');
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function strides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({length: rank}, (_, axis) => {
    // An axis that a shape lacks counts as 1.
    const m = a[axis - rank + a.length] ?? 1;
    const n = b[axis - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) throw new Error(`The shapes [${a}] and [${b}] don't broadcast.`);
    return m === 1 ? n : m;
  });
}
