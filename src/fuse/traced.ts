import {
  type Binary,
  type OperandKind,
  type Operation,
  operationNames,
  operations,
  type Unary,
} from '../rule/operations';
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

/** A mistake in a callback that a trace finds, and that running as ordinary operations would hide. */
export class HiddenMistake extends Error {}

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

/** A reduction along axes. */
export type ReduceAlong = (at: Recorder, a: Traced, op: Reduction, axis: unknown, keepDims: unknown) => Traced;

/** Replaced where a callback needs it. Most don't, so bundles can leave it out. */
let reduceAlong: ReduceAlong = (_at, _a, op) => {
  // Unreachable: `callback` and the package's callbacks that reduce along axes bring the code.
  throw new Untraceable(`${op}() along an axis`);
};

export function registerReduceAlong(reduce: ReduceAlong): void {
  reduceAlong = reduce;
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

  elementwise(op: Elementwise, operands: readonly Traced[], type: Type): Traced {
    const args: number[] = [];
    let extent: Extent = 'scalar';
    let pass = 0;
    let key: string = op === 'select' ? '?' : op;
    // Most of a step's time on the host is spent here. `map` and `join` would take a tenth longer.
    for (const operand of operands) {
      key += args.length === 0 ? `${operand.index}` : `,${operand.index}`;
      args.push(operand.index);
      extent = joined(extent, operand.extent);
      pass = Math.max(pass, operand.pass);
    }
    return this.record({op, args, extent, type, pass}, `${key};`);
  }
}

/** One tracing of a step. */
export class Session {
  /** The recorder of the bucket whose callbacks run now. */
  current: Recorder | undefined;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- The loop below defines these methods.
export interface Traced extends Record<Unary, () => Traced>, Record<Binary, (b: Operand) => Traced> {}

/** A symbolic value, which callbacks get in place of a tensor when they are traced. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- As above.
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

  where(condition: Operand, other: Operand): Traced {
    const at = this.recorder(condition, other);
    return at.elementwise(
      'select',
      [lift(at, condition, 'bool', 'where'), this.as('float', 'where').in(at), lift(at, other, 'number', 'where')],
      'float',
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
    return at.elementwise(
      'select',
      [this.in(at), at.constant(1, 'scalar', 'float'), at.constant(0, 'scalar', 'float')],
      'float',
    );
  }

  /** The recorder for an operation on this value and other operands. */
  recorder(...others: readonly unknown[]): Recorder {
    if (this.home !== undefined) return this.home;
    for (const other of others) if (other instanceof Traced && other.home !== undefined) return other.home;
    if (this.#session.current === undefined) throw new Untraceable('a total is used outside of a callback');
    return this.#session.current;
  }

  #reduce(op: Reduction, axis?: unknown, keepDims?: unknown): Traced {
    const at = this.recorder();
    const a = (op === 'max' ? this.as('float', op) : this.asNumber()).in(at);
    if (axis === undefined) return a.extent === 'scalar' ? a : at.reduce(op, a);
    return reduceAlong(at, a, op, axis, keepDims);
  }
}

for (const name of operationNames) {
  const {
    args: [own, other],
    gives,
  }: Operation = operations[name];
  Traced.prototype[name] = function (this: Traced, b?: Operand): Traced {
    const at = this.recorder(b);
    const a = (own === 'number' ? this.asNumber() : this.as(own, name)).in(at);
    return at.elementwise(name, other === undefined ? [a] : [a, lift(at, b, other, name)], gives);
  };
}

function lift(at: Recorder, operand: unknown, kind: OperandKind, method: string): Traced {
  if (operand instanceof Traced) return (kind === 'bool' ? operand.as(kind, method) : operand.asNumber()).in(at);
  if (typeof operand === 'number' && kind !== 'bool') return at.number(operand);
  if (typeof operand === 'boolean' && kind === 'bool') return at.constant(operand ? 1 : 0, 'scalar', 'bool');
  const what =
    typeof operand === 'object' && operand !== null
      ? `a ${operand.constructor.name} that is not part of the step`
      : `the ${typeof operand} ${String(operand)}`;
  throw new Untraceable(`${method}() with ${what}`);
}
