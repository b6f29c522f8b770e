import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {adam} from '../../src';
import {elementsOf} from '../optimizers/cases';
import {compared, type Measured, measurementOf, summary} from '../wasm_training/measure';
import type {BenchModel} from '../wasm_training/models';
import {Network} from '../wasm_training/networks';

const OPTIMIZERS = ['ours', 'tf.train'] as const;
type Contestant = (typeof OPTIMIZERS)[number];

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

/** A list that gets the time of each future `applyGradients` of the optimizer. */
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

/** Measures one network. @param budget the approximate number of milliseconds to spend. */
export function trainingRow(model: BenchModel, budget: number): TrainingRow {
  const network = new Network(model);
  const optimizers: Readonly<Record<Contestant, tf.Optimizer>> = {ours: adam(1e-3), 'tf.train': tf.train.adam(1e-3)};
  const parts = {ours: timesOf(optimizers.ours), 'tf.train': timesOf(optimizers['tf.train'])};
  // The first rounds compile. The third one shows how long a round takes.
  const warmUps = [1, 2, 3].map(() => OPTIMIZERS.reduce((sum, name) => sum + network.step(optimizers[name]), 0));
  const rounds = Math.min(200, Math.max(10, Math.floor(budget / at(warmUps, 2))));
  const whole = compared(
    {ours: () => network.step(optimizers.ours), 'tf.train': () => network.step(optimizers['tf.train'])},
    rounds,
  );
  const {shapes} = network;
  network.dispose();
  Object.values(optimizers).forEach(optimizer => {
    optimizer.dispose();
  });
  const measured = (name: Contestant): Measured => measurementOf(whole, name);
  return {
    model: model.name,
    batch: model.batch,
    variables: shapes.length,
    parameters: elementsOf(shapes),
    whole: {ours: measured('ours'), 'tf.train': measured('tf.train')},
    optimizer: {ours: summary(parts.ours.slice(-rounds)), 'tf.train': summary(parts['tf.train'].slice(-rounds))},
  };
}
