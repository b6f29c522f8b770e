import {at} from '../../util/at';
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
interface ShaderLines {
  /** Computes what is the same for all elements. */
  readonly scalars: string;
  /** Computes what differs per element; comes after `scalars`. */
  readonly elements: string;
  /** The expressions of the values, in the order of the dispatch. */
  readonly values: readonly string[];
  /** The names and types of the scalars that `elements` and `values` use. */
  readonly shared: ReadonlyArray<readonly [name: string, type: Type]>;
}

/**
 * Writes the computation of a dispatch. Reductions of earlier passes are given.
 * @param declare the beginning of a statement that declares a value.
 * @param given the expression of a node that is not computed here.
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
      ? OPERATIONS[node.op].replace(/\b[abc]\b/g, operand => at(operands, 'abc'.indexOf(operand)))
      : given(node, index);
    lines[node.extent === 'scalar' ? 'scalar' : 'full'] += `${declare(node.type)} v${index}=${expression};\n`;
  }
  return {
    scalars: lines.scalar,
    elements: lines.full,
    // A parameter may add nothing to a total.
    values: values.map(nodes => nodes.map(node => name(node, 'full')).join('+') || 'F(0)'),
    shared: [...shared],
  };
}

/** The subscripts of the k-th number in an array of vectors of four. */
export function four(k: number): string {
  return `[${k >> 2}][${k & 3}]`;
}

/** The number of vectors of four that hold that many numbers. */
export function fours(numbers: number): number {
  return Math.ceil(numbers / 4);
}
