/** The maths of one parameter's step as data: what tracing gives, and what every backend makes its code from. */

/** Whether a value has the parameter's shape or is one number. Both together broadcast. */
export type Extent = 'full' | 'scalar';
export type Type = 'float' | 'bool';

/**
 * The elementwise operations, each as the chained method of that name in TensorFlow.js. `select` is `where`:
 * condition, then, otherwise.
 */
export type Elementwise =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | 'minimum'
  | 'pow'
  | 'sqrt'
  | 'square'
  | 'abs'
  | 'neg'
  | 'sign'
  | 'exp'
  | 'log'
  | 'softplus'
  | 'less'
  | 'lessEqual'
  | 'greater'
  | 'greaterEqual'
  | 'equal'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalNot'
  | 'select';
/**
 * Over all elements of the parameter: added up in more than single precision, or the largest, which is NaN where one
 * is, and -∞ of none.
 */
export type Reduction = 'sum' | 'mean' | 'max';

interface Common {
  readonly extent: Extent;
  readonly type: Type;
  /** The pass (see plan.ts) from which on the value can be had; 0 for what needs no reduction. */
  readonly pass: number;
}

/** A tensor as it is before the step: `p`, `grad`, or a state entry. */
export interface InputNode extends Common {
  readonly op: 'input';
  readonly name: string;
}

/** A number of the host. It changes from step to step, so code takes it as an argument. */
export interface SlotNode extends Common {
  readonly op: 'slot';
  /** Which of the numbers. */
  readonly index: number;
}

/** A number that is part of the structure. Comes with `zerosLike` and `onesLike`; of type bool 1 is true. */
export interface ConstantNode extends Common {
  readonly op: 'constant';
  readonly value: 0 | 1;
}

/** A sum over all parameters. */
export interface TotalNode extends Common {
  readonly op: 'total';
  /** Which of the step's totals. */
  readonly index: number;
}

export interface ReductionNode extends Common {
  readonly op: Reduction;
  readonly args: readonly [number];
}

export interface ElementwiseNode extends Common {
  readonly op: Elementwise;
  /** The operands, by index. */
  readonly args: readonly number[];
}

export type Node = InputNode | SlotNode | ConstantNode | TotalNode | ReductionNode | ElementwiseNode;

/** What the step leaves in a tensor. */
export interface Output {
  /** `p`, or a state entry. */
  readonly name: string;
  readonly node: number;
  readonly extent: Extent;
  /** Whether there is a tensor of this name already; else the entry starts with this step. */
  readonly replaces: boolean;
}

/** What a parameter adds to a total. */
export interface Term {
  readonly total: number;
  readonly node: number;
}

/** Nodes are in order: operands come first. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly outputs: readonly Output[];
  readonly terms: readonly Term[];
}

/** The nodes that a node is computed from. */
export function argsOf(node: Node): readonly number[] {
  return 'args' in node ? node.args : [];
}

/** Whether a node is computed from others, as opposed to what is given. */
export function isElementwise(node: Node): node is ElementwiseNode {
  return 'args' in node && !isReduction(node);
}

export function isReduction(node: Node): node is ReductionNode {
  return node.op === 'sum' || node.op === 'mean' || node.op === 'max';
}

/** The node of that index; a graph never names one that it lacks. */
export function nodeAt({nodes}: Pick<Graph, 'nodes'>, index: number): Node {
  const node = nodes[index];
  if (node === undefined) throw new Error(`The graph has no node ${index}.`);
  return node;
}

/** The indices of `roots` and of everything that they are computed from, in order. */
export function reachable(
  graph: Pick<Graph, 'nodes'>,
  roots: Iterable<number>,
  into: (node: Node) => boolean = () => true,
): number[] {
  const found = new Set<number>();
  // What a set gets while it is gone through comes in its turn.
  for (const root of roots) found.add(root);
  for (const index of found) {
    const node = nodeAt(graph, index);
    if (into(node)) for (const arg of argsOf(node)) found.add(arg);
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * The graph as text, a line for each operation that something depends on: `%7 = mul(%3, $1)`. `$1` is the second
 * number of the host; values of the parameter's shape are `%7`, single ones `%7!`.
 */
export function printGraph(graph: Graph): string {
  const show = (index: number): string => {
    const node = nodeAt(graph, index);
    switch (node.op) {
      case 'input':
        return node.name;
      case 'slot':
        return `$${node.index}`;
      case 'total':
        return `total${node.index}`;
      case 'constant':
        return node.type === 'bool' ? String(node.value === 1) : `${node.value}`;
      default:
        return `%${index}${node.extent === 'scalar' ? '!' : ''}`;
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
