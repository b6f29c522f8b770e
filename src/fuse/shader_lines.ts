import {argsOf, type Graph, type InputNode, isElementwise, isReduction, nodeAt, reachable, type ReductionNode, type SlotNode, type TotalNode, type Type} from './graph';
import {OPERATIONS} from './shader_ops';
import type {Stage} from './stages';

/** Statements that compute the values of a stage. */
export interface ShaderLines {
  /** What is the same for all elements. */
  readonly scalars: string;
  /** What is computed for each element; comes after `scalars`. */
  readonly elements: string;
  /** The values, in the order of the stage. */
  readonly values: readonly string[];
}

/**
 * Writes the computation of a stage, up to the reductions.
 * @param declare what a statement that names a value begins with.
 * @param given the expression of what is not computed here.
 */
export function shaderLines(graph: Graph, {values}: Stage, declare: (type: Type) => string,
  given: (node: InputNode | SlotNode | TotalNode | ReductionNode, index: number) => string): ShaderLines {
  const lines = {scalar: '', full: ''};
  for (const index of reachable(graph, values.flat(), node => !isReduction(node))) {
    const node = nodeAt(graph, index);
    const operands = argsOf(node).map(arg => `v${arg}`);
    const expression = isElementwise(node) ? OPERATIONS[node.op].replace(/\b[abc]\b/g, name => operands['abc'.indexOf(name)] ?? '')
      : node.op === 'constant' ? `${node.type === 'bool' ? 'B' : 'F'}(${node.value})` : given(node, index);
    lines[node.extent] += `${declare(node.type)} v${index}=${expression};\n`;
  }
  return {scalars: lines.scalar, elements: lines.full, values: values.map(nodes => nodes.map(node => `v${node}`).join('+') || 'F(0)')};
}

/** What the k-th number of an array of vectors of four is called. */
export function four(k: number): string {
  return `[${k >> 2}][${k & 3}]`;
}

/** How many vectors of four hold that many numbers. */
export function fours(numbers: number): number {
  return Math.ceil(numbers / 4);
}
