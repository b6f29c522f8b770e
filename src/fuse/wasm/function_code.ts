/** A function of a pass in the making. */
import {at} from '../../util/at';
import {type Bytes, type Func, functionCode, functionType} from '../../wasm/encode';
import type {ValueType} from '../../wasm/opcodes';
import {argsOf, type ElementwiseNode, isElementwise, isLine, type Node, nodeAt} from '../graph';
import {layoutOf, lengthAt} from './argument_layout';
import {get, memory, op, set} from './instructions';
import {expression, literal, localType, typesOf, type Width} from './ops';
import type {ReusingPlan} from './reuse';

/** The local indices of the functions' parameters. */
export const [ARGS, SLOTS, TOTALS, JOBS] = [0, 1, 2, 3];
/** How the local of a value begins, by the width of the loop that computes it. */
export const PREFIX = {vector: 'v', element: 'e', scalar: 's'} as const;

export function exported(
  name: string,
  params: readonly ValueType[],
  locals: readonly ValueType[],
  instructions: Bytes,
): Func {
  return {
    type: functionType(typesOf('i32', 'i32', 'i32', ...params), []),
    exports: [name],
    code: functionCode(typesOf(...locals), instructions),
  };
}

/** A function in the making: its locals by name, and the instructions so far. */
export class Code {
  readonly done: number[] = [];
  branch: {readonly condition: number; readonly operand: 1 | 2; readonly except: ReadonlySet<number>} | undefined;
  readonly #locals = new Map<string, {readonly type: ValueType; readonly index: number}>();

  constructor(readonly plan: ReusingPlan) {
    // Counts rows or columns.
    if (plan.hasAxes) this.declare('r', 'i32');
  }

  /** The value of a local. */
  get(name: string): Bytes {
    return get(this.#index(name));
  }

  /** Declares a local and sets it. */
  set(name: string, type: ValueType, value: Bytes): Bytes {
    this.declare(name, type);
    return set(this.#index(name), value);
  }

  declare(name: string, type: ValueType): void {
    // Locals are counted from the parameters on, and a pass has three of these.
    this.#locals.set(name, {type, index: this.#locals.get(name)?.index ?? JOBS + this.#locals.size});
  }

  add(...instructions: readonly Bytes[]): void {
    // Not in one call of push, because its arguments might not fit on the stack.
    for (const bytes of instructions) for (const byte of bytes) this.done.push(byte);
  }

  node(index: number): Node {
    return nodeAt(this.plan.graph, index);
  }

  /**
   * Makes code for where a scalar condition is known: its selections are one of their operands.
   * @param branch the index of this operand.
   */
  whereKnown<T>(known: NonNullable<Code['branch']>, make: () => T): T {
    this.branch = known;
    try {
      return make();
    } finally {
      this.branch = undefined;
    }
  }

  /** The node that has a node's value where a condition is known. */
  actual(index: number): number {
    const node = this.node(index);
    const {branch} = this;
    return branch !== undefined && isChosenBy(node, branch.condition) && !branch.except.has(index)
      ? this.actual(at(node.args, branch.operand))
      : index;
  }

  /** The value of a node in a loop of that width. */
  value(of: number, width: Width): Bytes {
    const index = this.actual(of);
    const node = this.node(index);
    if (node.op === 'constant') return literal(node.value, node.type, width);
    // The number of a row is the same for all elements of the row.
    if (node.extent === 'scalar' || node.extent === 'rows')
      return this.get(`${width === 'vector' ? 'b' : 's'}${index}`);
    return this.get(`${PREFIX[width]}${index}`);
  }

  /** Sets the local of a node from its operands. */
  compute(index: number, width: Width): Bytes {
    const node = this.node(index);
    if (!isElementwise(node)) return [];
    const value = expression(
      node.op,
      node.args.map(arg => this.value(arg, width)),
      width,
    );
    return this.set(`${PREFIX[width]}${index}`, localType(node.type, width), value);
  }

  /** Sets the locals of scalars, and of the given scalars that they or `others` need. */
  scalars(computed: readonly number[], others: readonly number[]): void {
    const needed = new Set([
      ...computed,
      ...[...computed, ...others].flatMap(index => argsOf(this.node(index))),
      ...others,
    ]);
    for (const index of [...needed].sort((a, b) => a - b)) {
      const node = this.node(index);
      if (node.extent !== 'scalar' || node.op === 'constant') continue;
      this.add(
        isElementwise(node)
          ? this.compute(index, 'scalar')
          : this.set(`s${index}`, 'f32', given(this.plan, node, index)),
      );
    }
  }

  end(name: string): Func {
    return exported(
      name,
      [],
      [...this.#locals.values()].map(({type}) => type),
      this.done,
    );
  }

  #index(name: string): number {
    const local = this.#locals.get(name);
    if (local === undefined) throw new Error(`There is no local ${name}.`);
    return local.index;
  }
}

/** Whether a node of the parameter's shape is one of two operands, by a scalar condition. */
export function isChosenBy(node: Node, condition: number): node is ElementwiseNode {
  return node.op === 'select' && node.extent === 'full' && node.args[0] === condition;
}

/** A scalar that a pass does not compute: a slot, a total, an input or a reduction of an earlier pass. */
function given(plan: ReusingPlan, node: Node, index: number): Bytes {
  switch (node.op) {
    case 'slot':
      return memory('f32.load', 4 * node.index, get(SLOTS));
    case 'total':
      return op('f32.demote_f64', memory('f64.load', 8 * node.index, get(TOTALS)));
    case 'input':
      return memory('f32.load', 4 * (node.element ?? 0), memory('i32.load', pointerAt(plan, index), get(ARGS)));
    default: {
      const sum = memory('f64.load', cellOf(plan, index), get(ARGS));
      return op('f32.demote_f64', node.op === 'mean' ? op('f64.div', sum, countOf(plan, node)) : sum);
    }
  }
}

/** Where the arguments hold a reduction. */
export function cellOf(plan: ReusingPlan, index: number): number {
  return layoutOf(plan).reductions + 8 * plan.reductions.indexOf(index);
}

/** How many numbers a mean is of, in float64. */
export function countOf(plan: ReusingPlan, {extent, args}: Extract<Node, {args: readonly number[]}>): Bytes {
  const layout = layoutOf(plan);
  const of = nodeAt(plan.graph, at(args, 0)).extent;
  const across = extent === 'rows' ? 'cols' : 'rows';
  const offset = isLine(of)
    ? lengthAt(layout, of, 'parameter')
    : isLine(extent)
      ? lengthAt(layout, across, 'parameter')
      : layout.size;
  return op('f64.convert_i32_u', memory('i32.load', offset, get(ARGS)));
}

/** Where the arguments hold the offset of an input, of a reduction to rows or columns, or of a known value. */
export function pointerAt(plan: ReusingPlan, index: number): number {
  const node = nodeAt(plan.graph, index);
  const layout = layoutOf(plan);
  if (node.op === 'input') return layout.inputs + 4 * plan.inputs.findIndex(({name}) => name === node.name);
  if (!isElementwise(node)) return cellOf(plan, index);
  const place = plan.stored.indexOf(index);
  if (place >= 0) return layout.stored + 4 * place;
  // Only where it was written already: the last pass may write the same value to other outputs.
  return layout.outputs + 4 * plan.outputs.findIndex(output => output.node === index && plan.early.includes(output));
}
