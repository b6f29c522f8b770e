import {at} from '../../util/at';
import {argsOf, nodeAt, type Output} from '../graph';
import type {Plan} from '../plan';

const KINDS = ['sums', 'terms', 'tensors', 'scalars'] as const;

/**
 * What a shader computes for a parameter: sums for reductions, terms of the totals, or outputs, which are tensors of
 * its shape or scalars.
 */
export interface Dispatch {
  readonly kind: (typeof KINDS)[number];
  readonly pass: number;
  /** The index of the first value among the pass's reductions, the step's totals or the pass's outputs. */
  readonly first: number;
  /** Per value the nodes to add. */
  readonly values: ReadonlyArray<readonly number[]>;
  readonly outputs: readonly Output[];
  /** Unique in the plan. */
  readonly name: string;
}

/**
 * Cuts a plan into dispatches of shaders that compute at most `most` values each.
 * @param totals the number of totals of the step. Before a pass uses totals, every parameter writes its terms up to
 *   then, of all of them.
 * @param areMixed whether one shader can write both tensors and scalars.
 */
export function dispatchesOf(
  {graph, inputs, passes}: Plan,
  totals: number,
  most: number,
  areMixed: boolean,
): Dispatch[] {
  return passes.flatMap(({reductions, writes, after}, pass) => {
    const dispatches = (
      kind: Dispatch['kind'],
      values: Dispatch['values'],
      outputs: readonly Output[] = [],
    ): Dispatch[] =>
      Array.from({length: Math.ceil(values.length / most)}, (_, i) => {
        const some = [i * most, (i + 1) * most];
        return {
          kind,
          pass,
          first: i * most,
          values: values.slice(...some),
          outputs: outputs.slice(...some),
          name: [kind, pass, i, values.length].join(),
        };
      });
    const terms = passes.slice(0, pass + 1).flatMap(each => each.after.terms);
    // A scalar can be written together with the elements only if no element reads its old value, and if it needs no sum
    // of this pass.
    const along =
      !areMixed || writes.length === 0
        ? []
        : after.writes.filter(
            ({name, node}) => nodeAt(graph, node).pass <= pass && !inputs.some(input => input.name === name),
          );
    const together = (kind: Dispatch['kind'], outputs: readonly Output[]): Dispatch[] =>
      dispatches(
        kind,
        outputs.map(({node}) => [node]),
        outputs,
      );
    return [
      ...dispatches(
        'sums',
        reductions.map(index => argsOf(nodeAt(graph, index))),
      ),
      ...dispatches(
        'terms',
        Array.from({length: passes[pass + 1]?.barrier === true ? totals : 0}, (_, i) =>
          terms.filter(({total}) => total === i).map(({node}) => node),
        ),
      ),
      ...together('tensors', [...writes, ...along]),
      ...together(
        'scalars',
        after.writes.filter(output => !along.includes(output)),
      ),
    ];
  });
}

/** Whether the i-th value of a dispatch is a maximum of what threads find, and not a sum. */
export function isLargest({graph, passes}: Plan, {kind, pass, first}: Dispatch, i: number): boolean {
  return kind === 'sums' && nodeAt(graph, at(at(passes, pass).reductions, first + i)).op === 'max';
}

/** The lowest number of totals that a step with this plan can have. */
export function leastTotals({graph: {nodes, terms}}: Plan): number {
  return Math.max(
    0,
    ...terms.map(({total}) => total + 1),
    ...nodes.map(node => (node.op === 'total' ? node.index + 1 : 0)),
  );
}

/** The dispatches of all buckets, in the order in which they must run. */
export function inOrder<B extends {readonly dispatches: readonly Dispatch[]}>(
  buckets: readonly B[],
): ReadonlyArray<readonly [B, Dispatch]> {
  return buckets
    .flatMap(bucket => bucket.dispatches.map(dispatch => [bucket, dispatch] as const))
    .sort(([, a], [, b]) => a.pass - b.pass || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}
