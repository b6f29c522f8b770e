import * as tf from '@tensorflow/tfjs';

import {at, numberIn} from '../../examples/support/lookup';
import {adam, type Agreement, fitOneCycle, lrFind} from '../../src';
import type {Data, Task} from './tasks';

/** The result of one seed of a task: the rates that the rules found, the suggestion with its reason, and the losses. */
export interface Outcome extends Agreement {
  readonly seed: number;
  /** The loss after one cycle with the suggested rate; undefined if no rate was suggested. */
  readonly loss: number | undefined;
  /** The loss after the same number of epochs with `tf.train.adam(1e-3)`. */
  readonly stock: number;
}

export async function outcomeOf(task: Task, seed: number): Promise<Outcome> {
  const data = task.data(seed);
  const {xs, ys} = data;
  const args = {epochs: task.epochs, batchSize: task.batch, shuffle: false, verbose: 0, yieldEvery: 'never'} as const;
  const stock = await trained(task, seed, data, tf.train.adam(1e-3), async model => {
    await model.fit(xs, ys, args);
  });
  let found: Agreement | undefined;
  const loss = await trained(task, seed, data, adam(1e-3), async model => {
    const {valley, slide, minimum, steep, suggestion, reason} = await lrFind(model, xs, ys, args);
    found = {valley, slide, minimum, steep, suggestion, reason};
    if (suggestion !== undefined) await fitOneCycle(model, xs, ys, {...args, lrMax: suggestion});
  });
  tf.dispose([xs, ys]);
  if (found === undefined) throw new Error(`lrFind returned nothing for ${task.name}.`);
  return {seed, ...found, loss: found.suggestion === undefined ? undefined : loss, stock};
}

/** The loss over all data after training. */
async function trained(
  task: Task,
  seed: number,
  {xs, ys}: Data,
  optimizer: tf.Optimizer,
  train: (model: tf.LayersModel) => Promise<void>,
): Promise<number> {
  const model = task.network(seed);
  model.compile({optimizer, loss: task.loss});
  await train(model);
  const loss = tf.tidy(() => numberIn(at([model.evaluate(xs, ys, {batchSize: 256})].flat(), 0)));
  model.dispose();
  optimizer.dispose();
  return loss;
}
