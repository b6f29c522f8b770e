import * as tf from '@tensorflow/tfjs-core';

import type {Arithmetic} from '../rule/arithmetic';
import {type Chain, commonIn, type Segment} from '../rule/chain';
import type {Gate} from '../rule/declaration';
import {runChain, runSegment, takeAsUpdate} from '../rule/run_chain';
import {own} from '../util/own';
import {assign} from '../util/own_writes';
import {isTensor} from '../util/tensors';
import type {TensorDraft} from './draft';
import {type Sharing, sharingOf} from './extras';
import {type Job, numberWriter} from './job';

/**
 * Runs one step with ordinary tensor operations. It computes all new values before it writes variables and state.
 * @param common the numbers that all parameters share. The step replaces them.
 * @param stored the tensors of numbers that belong to no parameter. The step replaces them.
 */
export function stepEagerly(
  chain: Chain,
  jobs: readonly Job[],
  common: Record<string, number>,
  stored: Record<string, tf.Tensor>,
): void {
  tf.tidy(() => {
    const drafts = jobs.map(job => draftOf(job, commonIn(chain, job.group, common)));
    const shared = sharingOf(chain, stored);
    runChain(chain, drafts, arithmeticOf(chain, shared));
    const writeNumber = numberWriter(chain, common);
    for (const draft of drafts) commit(draft, writeNumber);
    shared.commit();
  });
}

/** Runs one segment of a chain on drafts, which hold the new values afterwards. */
export function runEagerly(chain: Chain, segment: Segment, drafts: readonly TensorDraft[], shared: Sharing): void {
  runSegment(chain, segment, drafts, arithmeticOf(chain, shared));
}

function tensorsOf({skip, p, entries}: Gate<tf.Tensor>): tf.Tensor[] {
  return [skip, p, ...Object.values(entries).filter(isTensor)];
}

function draftOf(job: Job, common: Readonly<Record<string, number>>): TensorDraft {
  const {variable, group, grad, trains, doWd, hypers, groupNumbers} = job;
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
    groups: groupNumbers === undefined ? [] : [groupNumbers],
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

function arithmeticOf({lastTaker}: Chain, shared: Sharing): Arithmetic<tf.Tensor, TensorDraft> {
  const arithmetic: Arithmetic<tf.Tensor, TensorDraft> = {
    isValue: (x): x is tf.Tensor => isTensor(x) && x.dtype === 'float32',
    sameShape: (a, b) => tf.util.arraysEqual(a.shape, b.shape),
    difference: (a, b) => tf.sub(a, b),
    chosen: (condition, then, otherwise) => chosen(tf.greater(condition, 0), then, otherwise),
    // `tf.addN` of more than seven tensors fails in silence on WebGPU, where a kernel has eight buffers.
    sum: (_, perDraft) => perDraft.reduce((a, b) => tf.add(a, b)),
    shared: shared.run(),
    scope: (draft, run) => {
      tf.tidy(() => {
        run();
        return [
          draft.p,
          ...(draft.update === undefined ? [] : [draft.update]),
          ...(draft.grad === undefined ? [] : [draft.grad]),
          ...Object.values(draft.entries).filter(value => typeof value !== 'number'),
          ...arithmetic.shared.after.values(),
          ...(draft.gate === undefined ? [] : tensorsOf(draft.gate)),
        ];
      });
    },
    enter: () => undefined,
    runsAlone: (_, {declaration}) => declaration.together !== undefined,
    runAlone: (index, {declaration}, drafts) => {
      const before = drafts.map(draft => [draft, draft.p] as const);
      // A wrapped optimizer starts state by itself, which must not come from a gradient with NaN.
      for (const draft of drafts)
        if (draft.gate !== undefined && draft.grad !== undefined)
          draft.grad = arithmetic.chosen(draft.gate.skip, tf.zerosLike(draft.grad), draft.grad);
      declaration.together?.(drafts);
      for (const draft of drafts) draft.unread = undefined;
      if (index >= lastTaker) return;
      for (const [draft, p] of before)
        arithmetic.scope(draft, () => {
          takeAsUpdate(draft, p, arithmetic);
        });
    },
  };
  return arithmetic;
}

/** `tf.where` for tensors of any rank, by a scalar condition. tfjs's WebGL backend has none for ranks above 4. */
function chosen(condition: tf.Tensor, then: tf.Tensor, otherwise: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.where(condition, tf.reshape(then, [-1]), tf.reshape(otherwise, [-1])), then.shape);
}
