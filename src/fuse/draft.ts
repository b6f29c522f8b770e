/** What the callbacks of a step run on. */
import type * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import type {Draft} from '../rule/declaration';
import {at} from '../util/at';
import type {Bucket} from './bucket';
import type {Output, Term} from './graph';
import type {Job} from './job';
import type {Recorder, Traced} from './traced';

/** A job whose values are tensors. */
export type TensorDraft = Draft<tf.Tensor, Job>;

/** What a bucket's draft was made of. */
interface BucketTrace {
  readonly recorder: Recorder;
  readonly jobs: Bucket;
  readonly inputs: ReadonlyMap<string, Traced>;
  readonly terms: Term[];
  /** The state entries of other shapes, which no graph holds. Callbacks that run alone can start some. */
  readonly opaque: Set<string>;
}
/** A bucket's draft, of symbolic values. */
export type TracedDraft = Draft<Traced, BucketTrace>;

/** What is known of a step in which callbacks run alone. */
export interface Parts {
  /** These callbacks, by index. */
  readonly alone: ReadonlyMap<number, unknown>;
  /** Whether those that have run changed two jobs in the same way. */
  readonly sameOutcomes: (a: Job, b: Job) => boolean;
  /** Puts the results of such a callback into drafts. @returns false where it has not run yet. */
  takeOver(index: number, drafts: readonly TracedDraft[]): boolean;
  /** What drafts hand to such a callback: what a kernel computes for it, and the drafts that it runs on. */
  cutAt(
    index: number,
    drafts: readonly TracedDraft[],
  ): {readonly outputs: ReadonlyArray<readonly Output[]>; readonly drafts: () => TensorDraft[]};
}

/** The state entries that a callback is given. */
export function entriesOf({callbacks}: Chain, index: number): string[] {
  const {state, needs, reads} = at(callbacks, index).declaration;
  return Object.keys({...state, ...needs, ...reads});
}

/** Why a step can't be traced, and the index of the callback that is the cause. */
export class CallbackUntraceable extends Error {
  constructor(
    readonly index: number,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

/** Why steps of this kind can't be fused, although each callback could be. */
export class NotFused extends Error {}

/**
 * Thrown where a callback that ran alone has started state, in a step that can be skipped. Its start is not known. The
 * step then runs eagerly.
 */
export class StartedAlone extends Error {}
