import {
  argsOf,
  type Graph,
  type InputNode,
  isElementwise,
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
  /** Values of the parameter's shape to compute per element, from the tensors as they were before the step. */
  readonly body: readonly number[];
  /** Reductions to compute; their values are known from the next pass on. */
  readonly reductions: readonly number[];
  /** Outputs of the parameter's shape. A node that is a scalar fills the tensor. Only the last pass writes. */
  readonly writes: readonly Output[];
  /** What to compute after the loop, when this pass's reductions are known. */
  readonly after: {
    readonly scalars: readonly number[];
    readonly terms: readonly Term[];
    readonly writes: readonly Output[];
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
  const full = outputs.filter(({extent}) => extent === 'full');
  const scalar = outputs.filter(({extent}) => extent === 'scalar');
  const last = Math.max(
    0,
    ...barriers,
    ...full.map(({node}) => pass(node)),
    ...[...scalar, ...terms].map(({node}) => afterPass(node)),
  );
  const passes = Array.from({length: last + 1}, (_, k): Pass => {
    const own = reductions.filter(index => pass(index) - 1 === k);
    const writes = k === last ? full : [];
    const after = {terms: terms.filter(({node}) => afterPass(node) === k), writes: k === last ? scalar : []};
    const loop = computed(graph, [
      ...own.flatMap(index => argsOf(nodeAt(graph, index))),
      ...writes.map(({node}) => node),
    ]);
    const isFull = (index: number): boolean => nodeAt(graph, index).extent === 'full';
    return {
      scalars: loop.filter(index => !isFull(index)),
      body: loop.filter(isFull),
      reductions: own,
      writes,
      after: {
        ...after,
        scalars: computed(
          graph,
          [...after.terms, ...after.writes].map(({node}) => node),
        ),
      },
      barrier: barriers.includes(k),
    };
  });
  return {
    key,
    graph,
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
