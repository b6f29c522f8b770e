import {argsOf, nodeAt, type Output} from '../graph';
import type {Plan} from '../plan';

const KINDS = ['sums', 'terms', 'tensors', 'scalars'] as const;

/**
 * What a shader computes for a parameter: sums for reductions, what it adds to the totals, or outputs of its shape or
 * of one number.
 */
export interface Dispatch {
  readonly kind: (typeof KINDS)[number];
  readonly pass: number;
  /** Which of the pass's reductions, the step's totals or the pass's outputs comes first here. */
  readonly first: number;
  /** For each of them the nodes that are added up. */
  readonly values: ReadonlyArray<readonly number[]>;
  readonly outputs: readonly Output[];
  /** Tells it from the plan's others. */
  readonly name: string;
}

/**
 * A plan as work for shaders that compute `most` values at once.
 * @param totals how many the step has. Before they are used, every parameter writes what it adds to all of them, up to
 *   then.
 * @param areMixed whether a shader can write tensors and numbers.
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
    // A number that the elements are computed from has to stay until they are, and one that is computed from their
    // sums comes after them.
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

/** Whether the i-th value of a dispatch is the largest of what threads find, instead of their sum. */
export function isLargest({graph, passes}: Plan, {kind, pass, first}: Dispatch, i: number): boolean {
  const index = passes[pass]?.reductions[first + i];
  return kind === 'sums' && index !== undefined && nodeAt(graph, index).op === 'max';
}

/** The least number of totals that a step with this plan has. */
export function leastTotals({graph: {nodes, terms}}: Plan): number {
  return Math.max(
    0,
    ...terms.map(({total}) => total + 1),
    ...nodes.map(node => (node.op === 'total' ? node.index + 1 : 0)),
  );
}

/** The dispatches of all buckets in the order that they have to bucket in. */
export function inOrder<B extends {readonly dispatches: readonly Dispatch[]}>(
  buckets: readonly B[],
): ReadonlyArray<readonly [B, Dispatch]> {
  return buckets
    .flatMap(bucket => bucket.dispatches.map(dispatch => [bucket, dispatch] as const))
    .sort(([, a], [, b]) => a.pass - b.pass || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}
