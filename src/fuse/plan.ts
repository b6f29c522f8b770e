import {
  argsOf,
  type Extent,
  type Graph,
  type InputNode,
  isElementwise,
  isLine,
  isReduction,
  type Node,
  nodeAt,
  type Output,
  reachable,
  type Term,
} from './graph';

/**
 * One pass over the elements of a parameter. Lists of nodes are in order and hold only elementwise nodes. Inputs,
 * slots, constants, totals and the reductions of earlier passes need no computing.
 */
export interface Pass {
  /** Scalars to compute before the loop. */
  readonly scalars: readonly number[];
  /** Values with one number per row to compute before the loop over the elements of the row. */
  readonly rows: readonly number[];
  /**
   * Values to compute per element, from the tensors as they were before the step. They have the parameter's shape, or
   * one number per column.
   */
  readonly body: readonly number[];
  /** Reductions to compute; their values are known from the next pass on. */
  readonly reductions: readonly number[];
  /** Outputs of the parameter's shape. A node that is a scalar fills the tensor. Only the last pass writes. */
  readonly writes: readonly Output[];
  /** What to compute after the loop, when this pass's reductions are known. */
  readonly after: {
    readonly scalars: readonly number[];
    /** Reductions of values with one number per row or column to one number. */
    readonly reductions: readonly number[];
    readonly terms: readonly Term[];
    readonly writes: readonly Output[];
    /** Outputs with one number per row or per column. */
    readonly lines: readonly Output[];
  };
  /** Whether all parameters must have finished the pass before, because this pass uses totals. */
  readonly barrier: boolean;
}

/**
 * A graph cut into passes. Each pass computes what it needs from the tensors as they were before the step. Passes
 * before the last only reduce, and only the last pass writes. So tensors can be written in place, and a step that fails
 * has changed nothing.
 */
export interface Plan {
  readonly key: string;
  readonly graph: Graph;
  /** Whether a value has one number per row or per column. */
  readonly hasAxes: boolean;
  /** The tensors that the passes read. */
  readonly inputs: readonly InputNode[];
  /** All reductions. */
  readonly reductions: readonly number[];
  readonly outputs: readonly Output[];
  /** The number of slots. */
  readonly slots: number;
  readonly passes: readonly Pass[];
}

/** Cuts a bucket's graph into passes. The same key always gives the same plan. */
export function planOf(
  {graph, key, slots}: {readonly graph: Graph; readonly key: string; readonly slots: readonly number[]},
  barriers: readonly number[],
): Plan {
  const {outputs, terms} = graph;
  const needed = reachable(
    graph,
    [...outputs, ...terms].map(({node}) => node),
  ).map(index => [index, nodeAt(graph, index)] as const);
  const reductions = needed.filter(([, node]) => isReduction(node)).map(([index]) => index);
  const pass = (index: number): number => nodeAt(graph, index).pass;
  // A scalar that needs a pass's reductions can be computed right after that pass.
  const afterPass = (index: number): number => Math.max(0, pass(index) - 1);
  const extent = (index: number): Extent => nodeAt(graph, index).extent;
  const argsOfAll = (indices: readonly number[]): number[] => indices.flatMap(index => argsOf(nodeAt(graph, index)));
  const full = outputs.filter(output => output.extent === 'full');
  const others = outputs.filter(output => output.extent !== 'full');
  const last = Math.max(
    0,
    ...barriers,
    ...full.map(({node}) => pass(node)),
    ...[...others, ...terms].map(({node}) => afterPass(node)),
  );
  const passes = Array.from({length: last + 1}, (_, k): Pass => {
    const own = reductions.filter(index => pass(index) - 1 === k);
    const ofLines = own.filter(index => argsOfAll([index]).some(arg => isLine(extent(arg))));
    const inLoop = own.filter(index => !ofLines.includes(index));
    const writes = k === last ? full : [];
    const atEnd = k === last ? others : [];
    const after = {
      reductions: ofLines,
      terms: terms.filter(({node}) => afterPass(node) === k),
      writes: atEnd.filter(output => !isLine(output.extent)),
      lines: atEnd.filter(output => isLine(output.extent)),
    };
    const loop = computed(graph, [...argsOfAll(inLoop), ...writes.map(({node}) => node)]);
    return {
      scalars: loop.filter(index => extent(index) === 'scalar'),
      rows: loop.filter(index => extent(index) === 'rows'),
      body: loop.filter(index => extent(index) === 'full' || extent(index) === 'cols'),
      reductions: inLoop,
      writes,
      after: {
        ...after,
        scalars: computed(graph, [
          ...argsOfAll(ofLines),
          ...[...after.terms, ...after.writes, ...after.lines].map(({node}) => node),
        ]).filter(index => extent(index) === 'scalar'),
      },
      barrier: barriers.includes(k),
    };
  });
  return {
    key,
    graph,
    hasAxes: needed.some(([, node]) => isLine(node.extent)),
    // A list is one tensor, whichever of its numbers are read.
    inputs: needed
      .map(([, node]) => node)
      .filter(isInput)
      .filter(({name, element}, i, all) => element === undefined || all.findIndex(other => other.name === name) === i),
    reductions,
    outputs,
    slots: slots.length,
    passes,
  };
}

/** The elementwise nodes that the roots are computed from. It does not go beyond reductions. */
function computed(graph: Graph, roots: readonly number[]): number[] {
  return reachable(graph, roots, node => !isReduction(node)).filter(index => isElementwise(nodeAt(graph, index)));
}

function isInput(node: Node): node is InputNode {
  return node.op === 'input';
}
