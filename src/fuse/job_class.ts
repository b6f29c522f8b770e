import type * as tf from '@tensorflow/tfjs-core';
import type {Extent} from './graph';
import type {Job} from './job';
import {Untraceable} from './traced';

/** Parameters for which callbacks compute the same: equal hypers, host numbers, flags, and the same state entries started. */
export type JobClass = [first: Job, ...others: Job[]];

/** @param byShape whether parameters of a class have to be of one shape too. */
export function classesOf(jobs: readonly Job[], byShape: boolean): JobClass[] {
  const classes: JobClass[] = [];
  for (const job of jobs) {
    checkEntries(job);
    const same = classes.find(([first]) => alike(first, job, byShape));
    if (same === undefined) classes.push([job]);
    else same.push(job);
  }
  return classes;
}

/** Whether a tensor is of a parameter's shape or a single number. */
export function extentIn({variable}: Job, {rank}: tf.Tensor): Extent {
  return rank === 0 && variable.rank > 0 ? 'scalar' : 'full';
}

function checkEntries({variable, entries}: Job): void {
  for (const name in entries) {
    const value = entries[name];
    if (typeof value !== 'object' || value.rank === 0 || sameShape(value, variable)) continue;
    throw new Untraceable(`the state entry '${name}' of shape [${value.shape}], which is neither the parameter's nor that of a scalar`);
  }
}

function alike(a: Job, b: Job, byShape: boolean): boolean {
  return a.doWd === b.doWd && a.trains === b.trains && (a.grad === undefined) === (b.grad === undefined)
    && (a.variable.rank === 0) === (b.variable.rank === 0) && (!byShape || sameShape(a.variable, b.variable))
    && (a.hypers === b.hypers || sameValues(a.hypers, b.hypers)) && sameEntries(a, b);
}

function sameEntries(a: Job, b: Job): boolean {
  let count = Object.keys(b.entries).length;
  for (const name in a.entries) {
    const one = a.entries[name];
    const other = b.entries[name];
    if (typeof one === 'object' && typeof other === 'object') {
      if (extentIn(a, one) !== extentIn(b, other)) return false;
    } else if (!Object.is(one, other)) return false;
    count--;
  }
  return count === 0;
}

function sameValues(a: Job['hypers'], b: Job['hypers']): boolean {
  for (const name in a) if (!Object.is(a[name], b[name])) return false;
  return true;
}

function sameShape(a: tf.Tensor, b: tf.Tensor): boolean {
  const {shape} = a;
  const other = b.shape;
  if (shape === other) return true;
  if (shape.length !== other.length) return false;
  for (let i = 0; i < shape.length; i++) if (shape[i] !== other[i]) return false;
  return true;
}
