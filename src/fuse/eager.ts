import * as tf from '@tensorflow/tfjs-core';

import {type Chain, commonIn, type Segment} from '../rule/chain';
import type {Draft} from '../rule/declaration';
import {type Arithmetic, runChain, runSegment, takeAsUpdate} from '../rule/run_chain';
import {own} from '../util/own';
import {assign} from '../util/own_writes';
import {isTensor} from '../util/tensors';
import {type Job, numberWriter} from './job';

/** A job whose values are tensors. */
export type TensorDraft = Draft<tf.Tensor, Job>;

/**
 * Runs one step with ordinary tensor operations. It computes all new values before it writes variables and state.
 * @param common the numbers that all parameters share. The step replaces them.
 */
export function stepEagerly(chain: Chain, jobs: readonly Job[], common: Record<string, number>): void {
  tf.tidy(() => {
    const drafts = jobs.map(job => draftOf(job, commonIn(chain, job.group, common)));
    runChain(chain, drafts, arithmeticOf(chain));
    const writeNumber = numberWriter(chain, common);
    for (const draft of drafts) commit(draft, writeNumber);
  });
}

/** Runs one segment of a chain on drafts, which hold the new values afterwards. */
export function runEagerly(chain: Chain, segment: Segment, drafts: readonly TensorDraft[]): void {
  runSegment(chain, segment, drafts, arithmeticOf(chain));
}

function draftOf(job: Job, common: Readonly<Record<string, number>>): TensorDraft {
  const {variable, group, grad, trains, doWd, hypers} = job;
  return {
    of: job,
    group,
    before: variable,
    p: variable,
    update: undefined,
    grad,
    trains,
    doWd,
    hypers,
    entries: {...job.entries, ...common},
    stopped: false,
  };
}

function commit({of: job, p, entries}: TensorDraft, writeNumber: ReturnType<typeof numberWriter>): void {
  const {variable} = job;
  const replaced: tf.Tensor[] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (typeof value === 'number') {
      writeNumber([job], name, value);
      continue;
    }
    const old = own(job.entries, name);
    if (old === value) continue;
    // Cloned, because a callback may return a tensor that it does not own: a gradient, another entry, or the variable.
    job.entries[name] = tf.keep(value.clone());
    if (isTensor(old)) replaced.push(old);
  }
  if (p !== variable) assign(variable, p);
  // After the variable was assigned, because its new value may be one of them.
  tf.dispose(replaced);
}

function arithmeticOf({lastTaker}: Chain): Arithmetic<tf.Tensor, TensorDraft> {
  const arithmetic: Arithmetic<tf.Tensor, TensorDraft> = {
    isValue: (x): x is tf.Tensor => isTensor(x) && x.dtype === 'float32',
    sameShape: (a, b) => tf.util.arraysEqual(a.shape, b.shape),
    difference: (a, b) => tf.sub(a, b),
    sum: (_, perDraft) => tf.addN([...perDraft]),
    scope: (draft, run) => {
      tf.tidy(() => {
        run();
        return [
          draft.p,
          ...(draft.update === undefined ? [] : [draft.update]),
          ...(draft.grad === undefined ? [] : [draft.grad]),
          ...Object.values(draft.entries).filter(value => typeof value !== 'number'),
        ];
      });
    },
    enter: () => undefined,
    runsAlone: (_, {declaration}) => declaration.together !== undefined,
    runAlone: (index, {declaration}, drafts) => {
      const before = drafts.map(draft => [draft, draft.p] as const);
      declaration.together?.(drafts);
      if (index >= lastTaker) return;
      for (const [draft, p] of before)
        arithmetic.scope(draft, () => {
          takeAsUpdate(draft, p, arithmetic);
        });
    },
  };
  return arithmetic;
}
