import {SYMBOLIC_AXES} from '../rule/axes';
import type {Operand, Value} from '../rule/value';
import {memo} from '../util/memo';
import {
  type Elementwise,
  type Extent,
  joined,
  type Node,
  type Reduction,
  shapeWith,
  type SingleLines,
  type Type,
} from './graph';

/** Thrown where a callback does something that can't be traced. The step then runs eagerly. */
export class Untraceable extends Error {}

/**
 * What the parameters of a bucket must have in common: nothing (`any`), whether they have one row or one column
 * (`matrix`), or the shape.
 */
export type Alikeness = 'any' | 'matrix' | 'shape';

/** Thrown where a callback depends on shapes while parameters are traced at once that are less alike than needed. */
export class ShapeRead extends Error {
  constructor(readonly needed: Alikeness) {
    super(`The parameters must be alike: ${needed}.`);
  }
}

/** The shapes of a bucket's parameters, as far as they are alike. */
export interface Shapes {
  readonly shape?: readonly number[] | undefined;
  readonly matrix?: SingleLines | undefined;
  /** Whether the backend fuses reductions along axes. */
  readonly hasAxes: boolean;
}

/** Where a number is that belongs to no parameter: the name of a list, and its place there. */
interface ListElement {
  readonly name: string;
  readonly element: number;
}

/** Records what callbacks compute for one bucket. */
export class Recorder {
  readonly nodes: Node[] = [];
  /** The host numbers, by slot. */
  readonly slots: number[] = [];
  /** Equal for equal structures. */
  key = '';
  readonly #totals = new Map<number, Traced>();
  readonly #elements = new Map<string, Traced>();

  constructor(
    readonly session: Session,
    readonly shapes: Shapes,
  ) {}

  /** The shape of the parameters; undefined where several shapes are traced at once. */
  get shape(): readonly number[] | undefined {
    return this.shapes.shape;
  }

  record(node: Node, key: string): Traced {
    this.key += key;
    return new Traced(this.session, this, this.nodes.push(node) - 1, node.extent, node.type, node.pass);
  }

  input(name: string, extent: Extent): Traced {
    return this.record({op: 'input', name, extent, type: 'float', pass: 0}, `${name}:${extent};`);
  }

  constant(value: 0 | 1, extent: Extent, type: Type): Traced {
    return this.record({op: 'constant', value, extent, type, pass: 0}, `=${value}${extent}${type};`);
  }

  number(value: number): Traced {
    return this.record(
      {op: 'slot', index: this.slots.push(value) - 1, extent: 'scalar', type: 'float', pass: 0},
      '$;',
    );
  }

  total(index: number, pass: number): Traced {
    return memo(this.#totals, index, () =>
      this.record({op: 'total', index, extent: 'scalar', type: 'float', pass}, `T${index}@${pass};`),
    );
  }

  /** A number of a list. */
  element({name, element}: ListElement): Traced {
    return memo(this.#elements, `${name}[${element}]`, () =>
      this.record(
        {op: 'input', name, element, extent: 'scalar', type: 'float', pass: 0},
        `${name}[${element}]:scalar;`,
      ),
    );
  }

  /** @param extent of the result. */
  reduce(op: Reduction, a: Traced, extent: Extent = 'scalar'): Traced {
    // A line is reduced right after the pass that it needs. All else needs a pass of its own.
    const pass = a.extent === 'full' ? a.pass + 1 : Math.max(1, a.pass);
    const along = extent === 'scalar' ? '' : extent;
    return this.record({op, args: [a.index], extent, type: 'float', pass}, `${op}${along}${a.index};`);
  }

  unary(op: Elementwise, a: Traced, type: Type): Traced {
    return this.record({op, args: [a.index], extent: a.extent, type, pass: a.pass}, `${op}${a.index};`);
  }

  binary(op: Elementwise, a: Traced, b: Traced, type: Type): Traced {
    const extent = joined(a.extent, b.extent);
    return this.record(
      {op, args: [a.index, b.index], extent, type, pass: Math.max(a.pass, b.pass)},
      `${op}${a.index},${b.index};`,
    );
  }

  select(condition: Traced, a: Traced, b: Traced): Traced {
    const extent = joined(joined(condition.extent, a.extent), b.extent);
    const pass = Math.max(condition.pass, a.pass, b.pass);
    return this.record(
      {op: 'select', args: [condition.index, a.index, b.index], extent, type: 'float', pass},
      `?${condition.index},${a.index},${b.index};`,
    );
  }
}

/** One tracing of a step. */
export class Session {
  /** The recorder of the bucket whose callbacks run now. */
  current: Recorder | undefined;
}

/** A symbolic value, which callbacks get in place of a tensor when they are traced. */
export class Traced implements Value {
  readonly isTraced = true;
  readonly #session: Session;

  /**
   * @param home the recorder of the value's bucket; undefined for a total and for a shared number, which belong to no
   *   bucket.
   * @param inList where a shared number is.
   */
  constructor(
    session: Session,
    readonly home: Recorder | undefined,
    readonly index: number,
    readonly extent: Extent,
    readonly type: Type,
    readonly pass: number,
    readonly inList?: ListElement,
  ) {
    this.#session = session;
  }

  get shape(): readonly number[] {
    if (this.extent === 'scalar') return [];
    const shape = this.home?.shape;
    if (shape === undefined) throw new ShapeRead('shape');
    return shapeWith(this.extent, shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  add(b: Operand): Traced {
    return this.#arithmetic('add', b);
  }
  sub(b: Operand): Traced {
    return this.#arithmetic('sub', b);
  }
  mul(b: Operand): Traced {
    return this.#arithmetic('mul', b);
  }
  div(b: Operand): Traced {
    return this.#arithmetic('div', b);
  }
  maximum(b: Operand): Traced {
    return this.#arithmetic('maximum', b);
  }
  minimum(b: Operand): Traced {
    return this.#arithmetic('minimum', b);
  }
  pow(b: Operand): Traced {
    return this.#arithmetic('pow', b);
  }

  sqrt(): Traced {
    return this.#map('sqrt');
  }
  square(): Traced {
    return this.#map('square');
  }
  abs(): Traced {
    return this.#map('abs');
  }
  neg(): Traced {
    return this.#map('neg');
  }
  sign(): Traced {
    return this.#map('sign');
  }
  exp(): Traced {
    return this.#map('exp');
  }
  log(): Traced {
    return this.#map('log');
  }
  softplus(): Traced {
    return this.#map('softplus');
  }

  zerosLike(): Traced {
    return this.recorder().constant(0, this.extent, this.type);
  }
  onesLike(): Traced {
    return this.recorder().constant(1, this.extent, this.type);
  }

  sum(axis?: unknown, keepDims?: unknown): Traced {
    // The sum of conditions is a tensor of integers in TensorFlow.js.
    this.as('float', 'sum');
    return this.#reduce('sum', axis, keepDims);
  }
  mean(axis?: unknown, keepDims?: unknown): Traced {
    return this.#reduce('mean', axis, keepDims);
  }
  max(axis?: unknown): Traced {
    if (axis !== undefined) throw new Untraceable('max() along an axis');
    return this.#reduce('max');
  }
  any(axis?: unknown): Traced {
    if (axis !== undefined) throw new Untraceable('any() along an axis');
    // A share of a billion elements is still positive. Backends count faster than they find a maximum.
    return this.as('bool', 'any').asNumber().mean().greater(0);
  }

  less(b: Operand): Traced {
    return this.#compare('less', b);
  }
  lessEqual(b: Operand): Traced {
    return this.#compare('lessEqual', b);
  }
  greater(b: Operand): Traced {
    return this.#compare('greater', b);
  }
  greaterEqual(b: Operand): Traced {
    return this.#compare('greaterEqual', b);
  }
  equal(b: Operand): Traced {
    return this.#compare('equal', b);
  }

  logicalAnd(b: Operand): Traced {
    return this.#logic('logicalAnd', b);
  }
  logicalOr(b: Operand): Traced {
    return this.#logic('logicalOr', b);
  }
  logicalNot(): Traced {
    const at = this.recorder();
    return at.unary('logicalNot', this.as('bool', 'logicalNot').in(at), 'bool');
  }

  where(condition: Operand, other: Operand): Traced {
    const at = this.recorder(condition, other);
    return at.select(
      lift(at, condition, 'bool', 'where'),
      this.as('float', 'where').in(at),
      lift(at, other, 'float', 'where'),
    );
  }

  /** This value in a recorder. */
  in(recorder: Recorder): Traced {
    if (this.home === recorder) return this;
    if (this.home === undefined)
      return this.inList === undefined ? recorder.total(this.index, this.pass) : recorder.element(this.inList);
    throw new Untraceable('a callback uses a value of another parameter');
  }

  as(type: Type, method: string): this {
    if (this.type === type) return this;
    throw new Untraceable(`${method}() ${type === 'bool' ? 'needs' : "can't take"} a condition`);
  }

  /** This value as a number: a condition becomes 1 where it is true, and 0 elsewhere. */
  asNumber(): Traced {
    if (this.type === 'float') return this;
    const at = this.recorder();
    return at.select(this.in(at), at.constant(1, 'scalar', 'float'), at.constant(0, 'scalar', 'float'));
  }

  /** The recorder for an operation on this value and other operands. */
  recorder(...others: readonly unknown[]): Recorder {
    if (this.home !== undefined) return this.home;
    for (const other of others) if (other instanceof Traced && other.home !== undefined) return other.home;
    if (this.#session.current === undefined) throw new Untraceable('a total is used outside of a callback');
    return this.#session.current;
  }

  #map(op: Elementwise): Traced {
    const at = this.recorder();
    return at.unary(op, this.as('float', op).in(at), 'float');
  }

  #arithmetic(op: Elementwise, b: Operand): Traced {
    const at = this.recorder(b);
    return at.binary(op, this.asNumber().in(at), lift(at, b, 'float', op), 'float');
  }

  #compare(op: Elementwise, b: Operand): Traced {
    const at = this.recorder(b);
    return at.binary(op, this.as('float', op).in(at), lift(at, b, 'float', op), 'bool');
  }

  #logic(op: Elementwise, b: Operand): Traced {
    const at = this.recorder(b);
    return at.binary(op, this.as('bool', op).in(at), lift(at, b, 'bool', op), 'bool');
  }

  #reduce(op: Reduction, axis?: unknown, keepDims?: unknown): Traced {
    const at = this.recorder();
    const a = (op === 'max' ? this.as('float', op) : this.asNumber()).in(at);
    if (axis === undefined) return a.extent === 'scalar' ? a : at.reduce(op, a);
    const extent = extentAlong(at, op, axis, keepDims);
    if (a.extent === extent || (a.extent === 'scalar' && Array.isArray(axis))) return a;
    if (a.extent !== 'full') throw new Untraceable(`${op}() along an axis of a value of another shape`);
    const {matrix} = at.shapes;
    if (matrix === undefined) throw new ShapeRead('matrix');
    // Along an axis of one element every value is its own sum and mean.
    return (extent === 'cols' ? matrix.hasOneRow : matrix.hasOneColumn) ? a : at.reduce(op, a, extent);
  }
}

/** The extent of a reduction along these axes. */
function extentAlong({shape, shapes}: Recorder, op: Reduction, axis: unknown, keepDims: unknown): 'rows' | 'cols' {
  if (!shapes.hasAxes) throw new Untraceable(`${op}() along an axis, on this backend`);
  if (keepDims !== true) throw new Untraceable(`${op}() along an axis without keepDims; write ${op}(-1, true)`);
  if (axis === SYMBOLIC_AXES.last || (axis === -1 && shape?.length !== 0)) return 'rows';
  if (axis === SYMBOLIC_AXES.others) return 'cols';
  if (shape === undefined) throw new ShapeRead('shape');
  const last = shape.length - 1;
  const axes = new Set([axis].flat().map(one => (typeof one === 'number' && one < 0 ? one + shape.length : one)));
  if (axes.size === 1 && axes.has(last)) return 'rows';
  if (axes.size === last && !axes.has(last) && [...axes].every(one => typeof one === 'number' && one in shape))
    return 'cols';
  throw new Untraceable(`${op}() along the axes ${String(axis)}; the last axis, or all others, can be fused`);
}

function lift(at: Recorder, operand: unknown, type: Type, method: string): Traced {
  if (operand instanceof Traced) return (type === 'float' ? operand.asNumber() : operand.as(type, method)).in(at);
  if (typeof operand === 'number' && type === 'float') return at.number(operand);
  if (typeof operand === 'boolean' && type === 'bool') return at.constant(operand ? 1 : 0, 'scalar', 'bool');
  const what =
    typeof operand === 'object' && operand !== null
      ? `a ${operand.constructor.name} that is not part of the step`
      : `the ${typeof operand} ${String(operand)}`;
  throw new Untraceable(`${method}() with ${what}`);
}
