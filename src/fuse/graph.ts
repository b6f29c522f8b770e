/** The maths of one parameter's step as data. Tracing makes it, and every backend makes its code from it. */
import type {OperationName} from '../rule/operations';
import {at} from '../util/at';

/**
 * How large a value is, where the parameter is seen as a matrix whose columns are the last axis: as large as the
 * parameter (`full`), one number per row, one number per column, or one number. Smaller values are broadcast.
 */
export type Extent = 'full' | 'rows' | 'cols' | 'scalar';
export type Type = 'float' | 'bool';

/**
 * The elementwise operations: those of the table, and `select`, which is `where` with the operands condition, then,
 * otherwise. Each computes what the chained method of that name in TensorFlow.js computes.
 */
export type Elementwise = OperationName | 'select';
/**
 * Over all elements of its operand; sums and means also per row or per column. Sums are computed in more than single
 * precision. `max` is NaN where any element is NaN, and -∞ where there are no elements.
 */
export type Reduction = 'sum' | 'mean' | 'max';

interface Common {
  readonly extent: Extent;
  readonly type: Type;
  /** The first pass (see plan.ts) in which the value is known; 0 where it needs no reduction. */
  readonly pass: number;
}

/** A tensor with its values before the step: `p`, `grad`, or a state entry. */
export interface InputNode extends Common {
  readonly op: 'input';
  readonly name: string;
  /** Which number of a list it is. Absent where the tensor is the value. */
  readonly element?: number;
}

/** A host number. It changes from step to step, so code takes it as an argument. */
export interface SlotNode extends Common {
  readonly op: 'slot';
  /** The index of the number among the slots. */
  readonly index: number;
}

/** A number that is part of the structure; `zerosLike` and `onesLike` make it. In a bool, 1 is true. */
interface ConstantNode extends Common {
  readonly op: 'constant';
  readonly value: 0 | 1;
}

/** A sum over all parameters. */
export interface TotalNode extends Common {
  readonly op: 'total';
  /** The index of the total among those of the step. */
  readonly index: number;
}

export interface ReductionNode extends Common {
  readonly op: Reduction;
  readonly args: readonly [number];
}

export interface ElementwiseNode extends Common {
  readonly op: Elementwise;
  /** The indices of the operands. */
  readonly args: readonly number[];
}

export type Node = InputNode | SlotNode | ConstantNode | TotalNode | ReductionNode | ElementwiseNode;

/** A new value that the step writes. */
export interface Output {
  /** `p`, or a state entry. */
  readonly name: string;
  readonly node: number;
  readonly extent: Extent;
  /** Whether a tensor of this name exists already. Otherwise the entry starts with this step. */
  readonly replaces: boolean;
}

/** What a parameter adds to a total. */
export interface Term {
  readonly total: number;
  readonly node: number;
}

/** Operands come before the nodes that use them. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly outputs: readonly Output[];
  readonly terms: readonly Term[];
}

/** The nodes that a node is computed from. */
export function argsOf(node: Node): readonly number[] {
  return 'args' in node ? node.args : [];
}

/** Whether a node is an elementwise operation on other nodes. */
export function isElementwise(node: Node): node is ElementwiseNode {
  return 'args' in node && !isReduction(node);
}

export function isReduction(node: Node): node is ReductionNode {
  return node.op === 'sum' || node.op === 'mean' || node.op === 'max';
}

/** Whether a value has one number per row, or one per column. */
export function isLine(extent: Extent): extent is 'rows' | 'cols' {
  return extent === 'rows' || extent === 'cols';
}

/** The extent of what an operation computes from values of these extents. */
export function joined(a: Extent, b: Extent): Extent {
  if (a === b || b === 'scalar') return a;
  return a === 'scalar' ? b : 'full';
}

/** The shape of a value of that extent, of a parameter of the given shape. */
export function shapeWith(extent: Extent, shape: readonly number[]): number[] {
  const last = shape.length - 1;
  switch (extent) {
    case 'full':
      return [...shape];
    case 'rows':
      return shape.map((length, axis) => (axis === last ? 1 : length));
    case 'cols':
      return shape.map((length, axis) => (axis === last ? length : 1));
    default:
      return [];
  }
}

/** The rows and columns of a parameter that is seen as a matrix, whose columns are its last axis. */
export function matrixOf(shape: readonly number[]): {readonly rows: number; readonly cols: number} {
  // A scalar has one row and one column.
  return {rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), cols: shape.at(-1) ?? 1};
}

/** Whether a parameter that is seen as a matrix has one row, and whether it has one column. */
export interface SingleLines {
  readonly hasOneRow: boolean;
  readonly hasOneColumn: boolean;
}

export function singleLinesIn(shape: readonly number[]): SingleLines {
  const {rows, cols} = matrixOf(shape);
  return {hasOneRow: rows === 1, hasOneColumn: cols === 1};
}

/** The node with that index. */
export function nodeAt({nodes}: Pick<Graph, 'nodes'>, index: number): Node {
  return at(nodes, index);
}

/**
 * The indices of `roots` and of everything that they are computed from, in order.
 * @param into whether to go on to the operands of a node.
 */
export function reachable(
  graph: Pick<Graph, 'nodes'>,
  roots: Iterable<number>,
  into: (node: Node) => boolean = () => true,
): number[] {
  const isFound = new Uint8Array(graph.nodes.length);
  for (const root of roots) isFound[root] = 1;
  const found: number[] = [];
  // Operands come before the nodes that use them.
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    if (isFound[index] === 0) continue;
    found.push(index);
    const node = nodeAt(graph, index);
    if (into(node)) for (const arg of argsOf(node)) isFound[arg] = 1;
  }
  return found.reverse();
}

const MARKS: Readonly<Record<Extent, string>> = {full: '', rows: ':rows', cols: ':cols', scalar: '!'};

/**
 * The graph as text, with one line per operation that something depends on: `%7 = mul(%3, $1)`. `$1` is the second host
 * number. `%7` is a value of the parameter's shape, `%7:rows` has one number per row, `%7:cols` one per column, and
 * `%7!` is a single number.
 */
export function printGraph(graph: Graph): string {
  const show = (index: number): string => {
    const node = nodeAt(graph, index);
    switch (node.op) {
      case 'input':
        return node.element === undefined ? node.name : `${node.name}[${node.element}]`;
      case 'slot':
        return `$${node.index}`;
      case 'total':
        return `total${node.index}`;
      case 'constant':
        return node.type === 'bool' ? String(node.value === 1) : `${node.value}`;
      default:
        return `%${index}${MARKS[node.extent]}`;
    }
  };
  const needed = reachable(
    graph,
    [...graph.outputs, ...graph.terms].map(({node}) => node),
  );
  const lines = needed.flatMap(index => {
    const node = nodeAt(graph, index);
    return 'args' in node ? [`${show(index)} = ${node.op}(${node.args.map(show).join(', ')})`] : [];
  });
  return [
    ...lines,
    ...graph.terms.map(({total, node}) => `total${total} += ${show(node)}`),
    ...graph.outputs.map(({name, node, replaces}) => `${name} ${replaces ? '←' : 'starts as'} ${show(node)}`),
  ].join('\n');
}
