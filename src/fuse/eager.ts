import * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import type {TensorLane} from '../rule/declaration';
import {type Arithmetic, runChain} from '../rule/run_chain';
import {own} from '../util/own';
import {assign} from '../util/own_writes';
import {isTensor} from '../util/tensors';
import {type Job, numberWriter} from './job';

/**
 * One step with ordinary tensor operations: all new values first, then the variables and the state.
 * @param common the numbers that all parameters have in common; replaced by the step.
 */
export function stepEagerly(chain: Chain, jobs: readonly Job[], common: Record<string, number>): void {
  tf.tidy(() => {
    const lanes = jobs.map(job => laneOf(job, common));
    runChain(chain, lanes, tensors);
    const writeNumber = numberWriter(chain, common);
    lanes.forEach((lane, i) => {
      const job = jobs[i];
      if (job !== undefined) commit(lane, job, writeNumber);
    });
  });
}

function laneOf(job: Job, common: Readonly<Record<string, number>>): TensorLane {
  const {variable, group, grad, trains, doWd, hypers} = job;
  return {
    variable,
    group,
    before: variable,
    p: variable,
    grad,
    trains,
    doWd,
    hypers,
    entries: {...job.entries, ...common},
    stopped: false,
  };
}

function commit({variable, p, entries}: TensorLane, job: Job, writeNumber: ReturnType<typeof numberWriter>): void {
  const replaced: tf.Tensor[] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (typeof value === 'number') {
      writeNumber([job], name, value);
      continue;
    }
    const old = own(job.entries, name);
    if (old === value) continue;
    // A clone, for a callback may return what is not its own: a gradient, another entry, the variable before it is
    // assigned to.
    job.entries[name] = tf.keep(value.clone());
    if (isTensor(old)) replaced.push(old);
  }
  if (p !== variable) assign(variable, p);
  // Only now, for the new parameter may be one of them.
  tf.dispose(replaced);
}

const tensors: Arithmetic<tf.Tensor, TensorLane> = {
  isValue: (x): x is tf.Tensor => isTensor(x) && x.dtype === 'float32',
  sameShape: (a, b) => tf.util.arraysEqual(a.shape, b.shape),
  sum: (_, perLane) => tf.addN([...perLane]),
  scope: (lane, run) => {
    tf.tidy(() => {
      run();
      return [
        lane.p,
        ...(lane.grad === undefined ? [] : [lane.grad]),
        ...Object.values(lane.entries).filter(value => typeof value !== 'number'),
      ];
    });
  },
  together: ({declaration}, lanes) => {
    declaration.together?.(lanes);
  },
};
