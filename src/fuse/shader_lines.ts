import {argsOf, type Elementwise, type Graph, isElementwise, isReduction, type Node, nodeAt, reachable, type Reduction, type Type} from './graph';

/** How a shading language writes what is in a graph. */
export interface ShaderLanguage {
  /** A statement that names a value. */
  define(name: string, type: Type, expression: string): string;
  operation(op: Elementwise, operands: readonly string[]): string;
  constant(value: 0 | 1, type: Type): string;
}

/** Statements that compute values of a graph. */
export interface ShaderLines {
  /** What is the same for all elements. */
  readonly scalars: string;
  /** What is computed for each element; comes after `scalars`. */
  readonly elements: string;
  /** What stands for a value in the text that follows. */
  readonly valueOf: (index: number) => string;
}

/**
 * Writes the computation of `roots`, up to the reductions.
 * @param given the expression of an input, a slot, a total or a reduction.
 */
export function shaderLines(graph: Graph, roots: readonly number[], language: ShaderLanguage, given: (node: Node, index: number) => string): ShaderLines {
  const valueOf = (index: number): string => {
    const node = nodeAt(graph, index);
    return node.op === 'constant' ? language.constant(node.value, node.type) : `v${index}`;
  };
  const lines = {scalar: '', full: ''};
  for (const index of reachable(graph, roots, node => !isReduction(node))) {
    const node = nodeAt(graph, index);
    if (node.op === 'constant') continue;
    const expression = isElementwise(node) ? language.operation(node.op, argsOf(node).map(valueOf)) : given(node, index);
    lines[node.extent] += language.define(valueOf(index), node.type, expression);
  }
  return {scalars: lines.scalar, elements: lines.full, valueOf};
}

/** A reduction, and the node that it adds up. */
export function reductionAt(graph: Graph, index: number): {readonly op: Reduction; readonly arg: number} {
  const node = nodeAt(graph, index);
  if (!isReduction(node)) throw new Error(`%${index} is no reduction.`);
  return {op: node.op, arg: node.args[0]};
}
