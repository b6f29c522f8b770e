import * as tf from '@tensorflow/tfjs';

import {adam} from '../../src';
import {elementsOf} from '../optimizers/cases';
import {compared, type Measured, summary} from '../wasm_training/measure';
import type {BenchModel} from '../wasm_training/models';
import {Network} from '../wasm_training/networks';

const OPTIMIZERS = ['ours', 'tf.train'] as const;
export type Contestant = (typeof OPTIMIZERS)[number];

/** Whole training steps of a network with our `adam` and with `tf.train.adam`, in milliseconds. */
export interface TrainingRow {
  readonly model: string;
  readonly batch: number;
  readonly variables: number;
  readonly parameters: number;
  /** Forward pass, backpropagation, the optimizer's step and reading the loss. */
  readonly whole: Readonly<Record<Contestant, Measured>>;
  /** The optimizer's part of it. */
  readonly optimizer: Readonly<Record<Contestant, Measured>>;
}

/** Takes the time of each `applyGradients`. */
function timesOf(optimizer: tf.Optimizer): number[] {
  const times: number[] = [];
  const apply = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = gradients => {
    const start = performance.now();
    apply(gradients);
    times.push(performance.now() - start);
  };
  return times;
}

/** @param budget milliseconds to spend, about. */
export function trainingRow(model: BenchModel, budget: number): TrainingRow {
  const network = new Network(model);
  const optimizers: Readonly<Record<Contestant, tf.Optimizer>> = {ours: adam(1e-3), 'tf.train': tf.train.adam(1e-3)};
  const parts = {ours: timesOf(optimizers.ours), 'tf.train': timesOf(optimizers['tf.train'])};
  // Compiles what there is to compile, and tells how long a step takes.
  const [warmUp = 0] = [1, 2, 3]
    .map(() => OPTIMIZERS.reduce((sum, name) => sum + network.step(optimizers[name]), 0))
    .reverse();
  const rounds = Math.min(200, Math.max(10, Math.floor(budget / warmUp)));
  const whole = compared(
    {ours: () => network.step(optimizers.ours), 'tf.train': () => network.step(optimizers['tf.train'])},
    rounds,
  );
  const {shapes} = network;
  network.dispose();
  Object.values(optimizers).forEach(optimizer => {
    optimizer.dispose();
  });
  const measured = (name: Contestant): Measured => {
    const found = whole.get(name);
    if (found === undefined) throw new Error(`${name} was not measured.`);
    return found;
  };
  return {
    model: model.name,
    batch: model.batch,
    variables: shapes.length,
    parameters: elementsOf(shapes),
    whole: {ours: measured('ours'), 'tf.train': measured('tf.train')},
    optimizer: {ours: summary(parts.ours.slice(-rounds)), 'tf.train': summary(parts['tf.train'].slice(-rounds))},
  };
}
