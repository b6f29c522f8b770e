// The page of bench/launches/run.mjs.
import '@tensorflow/tfjs-backend-webgpu';

import * as tf from '@tensorflow/tfjs';

import {adam} from '../../src';
import {launchesOf} from '../browser/gpu';
import type {BenchModel} from '../wasm_training/models';
import {COUNTED} from './counted';

/** Draws or dispatches of one step of training. */
export interface LaunchesRow {
  readonly backend: string;
  readonly model: string;
  readonly stock: number;
  readonly ours: number;
  readonly withGpuTraining: number;
}

declare global {
  interface Window {
    countLaunches: (backends: readonly string[], models: readonly string[]) => Promise<LaunchesRow[]>;
  }
}

async function launches(model: BenchModel, optimizer: tf.Optimizer): Promise<number> {
  const {batch, inputShape, classes, build} = model;
  const net = build();
  net.compile({optimizer, loss: 'categoricalCrossentropy'});
  const xs = tf.randomUniform([batch, ...inputShape]);
  const ys = tf.tidy(() => tf.oneHot(tf.randomUniform([batch], 0, classes, 'int32'), classes).toFloat());
  const step = async (): Promise<void> => {
    await net.trainOnBatch(xs, ys);
  };
  // In the first steps, optimizers make their state, and textures take the form that they keep.
  await step();
  await step();
  const found = await launchesOf(step);
  net.dispose();
  optimizer.dispose();
  tf.dispose([xs, ys]);
  return found;
}

window.countLaunches = async (backends, models) => {
  const asked = COUNTED.filter(({name}) => models.includes(name));
  const cases = backends.flatMap(backend => asked.map(model => ({backend, model})));
  const before = [];
  for (const {backend, model} of cases) {
    if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} did not start.`);
    before.push({
      backend,
      model,
      stock: await launches(model, tf.train.adam(1e-3)),
      ours: await launches(model, adam(1e-3)),
    });
  }
  // From here on, it rules all gradients.
  await import('../../src/gpu_training');
  const rows: LaunchesRow[] = [];
  for (const {backend, model, ...counts} of before) {
    await tf.setBackend(backend);
    rows.push({backend, model: model.name, ...counts, withGpuTraining: await launches(model, adam(1e-3))});
  }
  return rows;
};
