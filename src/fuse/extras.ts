import type * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import {SharedRun} from '../rule/shared_run';
import type {CallbackUntraceable, TracedDraft} from './draft';
import type {Output} from './graph';
import type {Job} from './job';
import type {Recorder, Session, Traced} from './traced';

/** The numbers of an optimizer that belong to no parameter, in one step. To be used inside `tf.tidy`. */
export interface Sharing {
  /** Gives the tensors to jobs, by the names of inputs. */
  giveTo(jobs: readonly Job[]): void;
  /** For running callbacks as ordinary operations. To be called outside of what disposes their tensors. */
  run(): SharedRun<tf.Tensor>;
  /**
   * Replaces the tensors of callbacks with new values.
   * @param first the job for which kernels have computed new values.
   */
  commit(first?: Job): void;
}

/** What a step is run with. */
export interface FusedStep {
  readonly chain: Chain;
  readonly jobs: readonly Job[];
  readonly common: Record<string, number>;
  readonly stored: Record<string, tf.Tensor>;
  readonly sharing: Sharing;
}

/** What a step needs only where callbacks have `shared` or `skips`, or can't be traced. */
export interface StepExtras {
  /** @param stored one tensor per callback, by key. Absent until its first step. */
  sharing(chain: Chain, stored: Record<string, tf.Tensor>): Sharing;
  /** A function that returns an entry's symbolic value before the step. */
  tracedShared(chain: Chain, session: Session): (entry: string) => Traced;
  /** The buckets that compute new values of shared numbers, as temporaries of a job. */
  sharedGraphs(
    chain: Chain,
    after: ReadonlyMap<string, Traced>,
    session: Session,
  ): ReadonlyArray<readonly [Recorder, Output[]]>;
  /** @throws NotFused where a step that can be skipped can't be fused. @param alone callbacks that run alone. */
  checkSkippable(chain: Chain, drafts: readonly TracedDraft[], alone: Iterable<number>): void;
  /** @throws HiddenMistake where a step would be skipped for some parameters only. */
  checkSkips(chain: Chain, drafts: readonly TracedDraft[]): void;
  /** The callbacks that run alone, by index, and why, as far as is known. */
  aloneIn(chain: Chain): ReadonlyMap<number, string>;
  /**
   * Runs a step in which callbacks run alone.
   * @param found the callback that was found to be untraceable just now.
   * @returns whether it was run. Where it was not, nothing is changed.
   */
  runInParts(step: FusedStep, found: CallbackUntraceable | undefined): boolean;
}

let registered: StepExtras | undefined;

export function registerStepExtras(extras: StepExtras): void {
  registered = extras;
}

/** Undefined where no callback has brought them along. */
export function stepExtras(): StepExtras | undefined {
  return registered;
}

/** Must be called only where a callback brings them along. */
export function neededExtras(): StepExtras {
  if (registered === undefined) throw new Error('A callback with `shared` or `skips` must install what they need.');
  return registered;
}

const NONE: Sharing = {giveTo: () => undefined, run: () => new SharedRun(), commit: () => undefined};

/** The numbers of a chain that belong to no parameter. @param stored as in `StepExtras`. */
export function sharingOf(chain: Chain, stored: Record<string, tf.Tensor>): Sharing {
  return chain.shared.length > 0 ? neededExtras().sharing(chain, stored) : NONE;
}
