import {
  argsOf,
  type Extent,
  type Graph,
  type InputNode,
  isElementwise,
  isReduction,
  nodeAt,
  reachable,
  type ReductionNode,
  type SlotNode,
  type TotalNode,
  type Type,
} from '../graph';
import type {Dispatch} from './dispatches';
import {OPERATIONS} from './ops';

/** Statements that compute the values of a dispatch. */
export interface ShaderLines {
  /** What is the same for all elements. */
  readonly scalars: string;
  /** What is computed for each element; comes after `scalars`. */
  readonly elements: string;
  /** The values, in the order of the dispatch. */
  readonly values: readonly string[];
  /** Of what `scalars` computes, the names and types of what `elements` and `values` use. */
  readonly shared: ReadonlyArray<readonly [name: string, type: Type]>;
}

/**
 * Writes the computation of a dispatch, up to the reductions.
 * @param declare what a statement that names a value begins with.
 * @param given the expression of what is not computed here.
 */
export function shaderLines(
  graph: Graph,
  {values}: Dispatch,
  declare: (type: Type) => string,
  given: (node: InputNode | SlotNode | TotalNode | ReductionNode, index: number) => string,
): ShaderLines {
  const lines = {scalar: '', full: ''};
  const shared = new Map<string, Type>();
  const name = (index: number, by: Extent): string => {
    const node = nodeAt(graph, index);
    if (node.op === 'constant') return `${node.type === 'bool' ? 'B' : 'F'}(${node.value})`;
    if (by === 'full' && node.extent === 'scalar') shared.set(`v${index}`, node.type);
    return `v${index}`;
  };
  for (const index of reachable(graph, values.flat(), node => !isReduction(node))) {
    const node = nodeAt(graph, index);
    if (node.op === 'constant') continue;
    const operands = argsOf(node).map(arg => name(arg, node.extent));
    const expression = isElementwise(node)
      ? OPERATIONS[node.op].replace(/\b[abc]\b/g, operand => operands['abc'.indexOf(operand)] ?? '')
      : given(node, index);
    lines[node.extent] += `${declare(node.type)} v${index}=${expression};\n`;
  }
  return {
    scalars: lines.scalar,
    elements: lines.full,
    values: values.map(nodes => nodes.map(node => name(node, 'full')).join('+') || 'F(0)'),
    shared: [...shared],
  };
}

/** What the k-th number of an array of vectors of four is called. */
export function four(k: number): string {
  return `[${k >> 2}][${k & 3}]`;
}

/** How many vectors of four hold that many numbers. */
export function fours(numbers: number): number {
  return Math.ceil(numbers / 4);
}
