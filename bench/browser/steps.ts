import * as tf from '@tensorflow/tfjs';
import {optimizers} from '../../src';
import type {Case} from '../optimizers/cases';
import {type Measured, summary} from '../wasm_training/measure';
import {callsDuring, finished, unpackedCopy} from './gpu';

/** One optimizer on one case: milliseconds until the GPU is through. */
export interface Row {
  readonly backend: string;
  readonly optimizer: string;
  readonly case: string;
  readonly gradients: string;
  readonly times: Readonly<Record<Contestant, Measured>>;
  /** The first step, with whatever it compiles. */
  readonly first: Readonly<Record<Contestant, number>>;
  /** Draws or dispatches of a later step, and the programs that the first compiled. */
  readonly launched: Readonly<Record<Contestant, number>>;
  readonly compiled: Readonly<Record<Contestant, number>>;
}

export type Contestant = 'ours' | 'eager' | 'stock';
const CONTESTANTS: readonly Contestant[] = ['ours', 'eager', 'stock'];

interface Stepper {
  applyGradients(gradients: Array<{name: string; tensor: tf.Tensor}>): void;
  dispose(): void;
}

/** @param unpacked whether gradients are stored as those of convolution kernels are on WebGL. */
export async function rowOf(optimizer: string, {name, shapes}: Case, unpacked: boolean, rounds: number): Promise<Row> {
  const found = optimizers.find(each => each.name === optimizer);
  if (found === undefined) throw new Error(`There is no optimizer '${optimizer}'.`);
  const times: Record<Contestant, number[]> = {ours: [], eager: [], stock: []};
  const first = {ours: 0, eager: 0, stock: 0};
  const launched = {ours: 0, eager: 0, stock: 0};
  const compiled = {ours: 0, eager: 0, stock: 0};
  const steppers: Record<Contestant, Stepper> = {ours: found.make(1e-3), eager: found.make(1e-3), stock: optimizer === 'sgd' ? tf.train.sgd(1e-3) : tf.train.adam(1e-3)};
  const variables = shapes.map(shape => tf.tidy(() => tf.variable(tf.randomNormal([...shape]).add(0))));
  const gradients = variables.map(variable => ({
    name: variable.name, tensor: tf.tidy(() => unpacked ? unpackedCopy(tf.randomNormal(variable.shape)) : tf.randomNormal(variable.shape).add(0)),
  }));
  const last = variables.at(-1);
  if (last === undefined) throw new Error(`The case '${name}' has no variables.`);
  await finished(last);
  const step = async (contestant: Contestant): Promise<number> => {
    tf.env().set('OPTIM_FUSING', contestant === 'ours');
    const start = performance.now();
    steppers[contestant].applyGradients(gradients);
    await finished(last);
    return performance.now() - start;
  };
  for (const contestant of CONTESTANTS) {
    compiled[contestant] = (await callsDuring(async () => { first[contestant] = await step(contestant); })).compiled;
    await step(contestant);
    launched[contestant] = (await callsDuring(async () => { await step(contestant); })).launched;
  }
  for (let round = 0; round < rounds; round++) for (const contestant of CONTESTANTS) times[contestant].push(await step(contestant));
  tf.env().set('OPTIM_FUSING', true);
  Object.values(steppers).forEach(each => { each.dispose(); });
  tf.dispose([variables, gradients.map(({tensor}) => tensor)]);
  const measured = {ours: summary(times.ours), eager: summary(times.eager), stock: summary(times.stock)};
  return {backend: tf.getBackend(), optimizer, case: name, gradients: unpacked ? 'unpacked' : 'packed', times: measured, first, launched, compiled};
}
