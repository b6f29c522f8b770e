import type {Operand, Value} from '../../src';
import {present} from './present';

type Unary = (x: number) => number;
type Binary = (a: number, b: number) => number;

/** A value of callbacks in plain JavaScript numbers, which are float64. Booleans are 0 and 1. */
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

  add(b: Operand) {
    return this.#with(b, (x, y) => x + y);
  }
  sub(b: Operand) {
    return this.#with(b, (x, y) => x - y);
  }
  mul(b: Operand) {
    return this.#with(b, (x, y) => x * y);
  }
  div(b: Operand) {
    return this.#with(b, (x, y) => x / y);
  }
  maximum(b: Operand) {
    return this.#with(b, Math.max);
  }
  minimum(b: Operand) {
    return this.#with(b, Math.min);
  }
  pow(b: Operand) {
    return this.#with(b, Math.pow);
  }
  sqrt() {
    return this.#each(Math.sqrt);
  }
  square() {
    return this.#each(x => x * x);
  }
  abs() {
    return this.#each(Math.abs);
  }
  neg() {
    return this.#each(x => -x);
  }
  sign() {
    return this.#each(Math.sign);
  }
  exp() {
    return this.#each(Math.exp);
  }
  log() {
    return this.#each(Math.log);
  }
  softplus() {
    return this.#each(x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
  }
  zerosLike() {
    return this.#each(() => 0);
  }
  onesLike() {
    return this.#each(() => 1);
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
  less(b: Operand) {
    return this.#with(b, (x, y) => Number(x < y));
  }
  lessEqual(b: Operand) {
    return this.#with(b, (x, y) => Number(x <= y));
  }
  greater(b: Operand) {
    return this.#with(b, (x, y) => Number(x > y));
  }
  greaterEqual(b: Operand) {
    return this.#with(b, (x, y) => Number(x >= y));
  }
  equal(b: Operand) {
    return this.#with(b, (x, y) => Number(x === y));
  }
  logicalAnd(b: Operand) {
    return this.#with(b, (x, y) => Number(x !== 0 && y !== 0));
  }
  logicalOr(b: Operand) {
    return this.#with(b, (x, y) => Number(x !== 0 || y !== 0));
  }
  logicalNot() {
    return this.#each(x => Number(x === 0));
  }

  where(condition: Operand, other: Operand) {
    const chosen = asFloat64(condition);
    const shape = broadcast(broadcast(this.shape, chosen.shape), asFloat64(other).shape);
    const c = chosen.#broadcastTo(shape);
    const a = this.#broadcastTo(shape);
    const b = asFloat64(other).#broadcastTo(shape);
    return new Float64Value(
      shape,
      Float64Array.from({length: sizeOf(shape)}, (_, i) => present(c[i] === 0 ? b[i] : a[i])),
    );
  }

  #each(f: Unary): Float64Value {
    return new Float64Value(
      this.shape,
      this.values.map(x => f(x)),
    );
  }

  #with(operand: Operand, f: Binary): Float64Value {
    const other = asFloat64(operand);
    const shape = broadcast(this.shape, other.shape);
    const b = other.#broadcastTo(shape);
    return new Float64Value(
      shape,
      this.#broadcastTo(shape).map((x, i) => f(x, present(b[i]))),
    );
  }

  #broadcastTo(shape: readonly number[]): Float64Array {
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
