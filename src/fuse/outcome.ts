import type * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import type {Unread} from '../rule/declaration';
import {at} from '../util/at';
import {isTensor} from '../util/tensors';
import type {TensorDraft} from './draft';
import {runEagerly} from './eager';
import type {Sharing} from './extras';
import type {Job} from './job';

/** What a callback that ran alone changed of one job. */
export interface Outcome {
  /** New tensors: of `p`, `grad`, `update` and state entries. */
  readonly tensors: ReadonlyMap<string, tf.Tensor>;
  /** New host numbers. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Whether an update is pending afterwards. */
  readonly isPending: boolean;
  readonly stopped: boolean;
  /** As that of the draft. */
  readonly unread: Unread | undefined;
}

/** What the callbacks that have run alone changed, by index. */
export type Outcomes = ReadonlyMap<number, ReadonlyMap<Job, Outcome>>;

/**
 * Runs the callback of that index on drafts of all jobs, as ordinary operations.
 * @returns what it changed, per job. The tensors are clones, so no kernel writes their data in place.
 */
export function runAlone(
  chain: Chain,
  index: number,
  drafts: readonly TensorDraft[],
  shared: Sharing,
): Map<Job, Outcome> {
  const before = drafts.map(({p, grad, update, entries}) => ({...entries, p, grad, update}));
  runEagerly(chain, {callbacks: chain.callbacks.slice(index, index + 1), first: index}, drafts, shared);
  return new Map(
    drafts.map(({of, p, grad, update, entries, stopped, unread}, i) => {
      const after: Readonly<Record<string, tf.Tensor | number | undefined>> = {...entries, p, grad, update};
      const known: Readonly<Record<string, tf.Tensor | number | undefined>> = at(before, i);
      const changed = Object.entries(after).filter(([name, value]) => value !== known[name]);
      const outcome: Outcome = {
        tensors: new Map(
          changed.flatMap(([name, value]) => (isTensor(value) ? [[name, value.clone()] as const] : [])),
        ),
        numbers: new Map(
          changed.flatMap(([name, value]) => (typeof value === 'number' ? [[name, value] as const] : [])),
        ),
        isPending: update !== undefined,
        stopped,
        unread,
      };
      return [of, outcome];
    }),
  );
}
