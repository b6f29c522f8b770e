// A page that trains, is reloaded in the middle, and goes on. `run.mjs` opens it.
import * as tf from '@tensorflow/tfjs';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

import {
  accumulate,
  adam,
  checkpoint,
  clipGlobalNorm,
  ema,
  fitOneCycle,
  layerGroups,
  oneCycle,
  type Optimizer,
  optimizerOf,
  type TrainOptions,
} from '../../src';
import {bitsOf, snapshot} from '../support/bits';

/** Everything that training moves, bit for bit, and the learning rates and momenta of each group at each step. */
export interface Trained {
  readonly weights: number[][];
  readonly optimizer: object;
  readonly steps: number[][];
}

/** The ways to train: a fit or a loop of 16 batches, with a one-cycle over all of them. */
export type Way = 'fit' | 'loop';

declare global {
  interface Window {
    start: (backend: string) => Promise<void>;
    uninterrupted: (way: Way) => Promise<Trained>;
    firstHalf: (way: Way, place: string) => Promise<void>;
    secondHalf: (way: Way, place: string) => Promise<Trained>;
    /** The steps before the page goes away, stored for the next page. */
    stepsSoFar: number[][];
  }
}

const BATCH = 4;
const BATCHES = 4;
const EPOCHS = 4;
const STEPS = BATCHES * EPOCHS;

setWasmPaths('/wasm/');
window.stepsSoFar = [];

window.start = async backend => {
  if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} did not start.`);
};

function data(): {x: tf.Tensor; y: tf.Tensor} {
  const x = tf.randomNormal([BATCH * BATCHES, 3], 0, 1, 'float32', 5);
  return {x, y: x.sum(1, true).sin()};
}

/**
 * A model in which much has to come back: groups, freezing, batch norm's averages, accumulated gradients in
 * mid-window, averaged weights.
 */
function made(): tf.LayersModel {
  const initializer = (seed: number) => tf.initializers.glorotUniform({seed});
  const model = tf.sequential({
    layers: [
      tf.layers.dense({name: 'first', units: 5, inputShape: [3], kernelInitializer: initializer(1)}),
      tf.layers.dense({name: 'low', units: 5, activation: 'tanh', kernelInitializer: initializer(2)}),
      tf.layers.batchNormalization({name: 'norm'}),
      tf.layers.dense({name: 'top', units: 1, kernelInitializer: initializer(3)}),
    ],
  });
  const params = layerGroups(model, ['low', 'top']);
  const optimizer = ema(
    adam([0.01, 0.02, 0.05], {params, callbacks: [...accumulate(3), clipGlobalNorm], globalClipNorm: 0.5}),
    {decay: 0.8},
  );
  optimizer.freezeTo(1);
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

function recorded(optimizer: Optimizer, steps: number[][]): void {
  const apply = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = gradients => {
    apply(gradients);
    steps.push(optimizer.hypers.flatMap(({lr, mom}) => [Number(lr), Number(mom)]));
  };
}

async function fit(
  model: tf.LayersModel,
  initialEpoch: number,
  callbacks: TrainOptions['callbacks'] = [],
): Promise<void> {
  const {x, y} = data();
  await fitOneCycle(model, x, y, {callbacks, epochs: EPOCHS, initialEpoch, batchSize: BATCH, shuffle: false});
}

async function loop(model: tf.LayersModel, from: number, to: number): Promise<void> {
  const {x, y} = data();
  for (let i = from; i < to; i++) {
    const start = (i % BATCHES) * BATCH;
    await model.trainOnBatch(x.slice(start, BATCH), y.slice(start, BATCH));
  }
}

async function result(model: tf.LayersModel, steps: number[][]): Promise<Trained> {
  return {weights: await bitsOf(model.getWeights()), optimizer: await snapshot(optimizerOf(model)), steps};
}

window.uninterrupted = async way => {
  const model = made();
  const steps: number[][] = [];
  recorded(optimizerOf(model), steps);
  if (way === 'fit') await fit(model, 0);
  else {
    optimizerOf(model).setSchedule(oneCycle(), {steps: STEPS});
    await loop(model, 0, STEPS);
  }
  return result(model, steps);
};

/**
 * Trains and saves. Of a `fit` it never ends: the page goes away in the middle of it. Resolves once the model is
 * saved.
 */
window.firstHalf = async (way, place) => {
  const model = made();
  recorded(optimizerOf(model), window.stepsSoFar);
  if (way === 'loop') {
    optimizerOf(model).setSchedule(oneCycle(), {steps: STEPS});
    await loop(model, 0, 7);
    await model.save(place, {includeOptimizer: true});
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const hang = {
      onEpochBegin: (epoch: number) => {
        if (epoch < 2) return undefined;
        resolve();
        return new Promise<void>(() => undefined);
      },
    };
    fit(model, 0, [checkpoint(place), hang]).catch(reject);
  });
};

window.secondHalf = async (way, place) => {
  const model = await tf.loadLayersModel(place);
  const {schedule} = optimizerOf(model);
  if (schedule?.steps === undefined || schedule.step === undefined)
    throw new Error('The loaded optimizer has no schedule in steps.');
  const steps: number[][] = [];
  recorded(optimizerOf(model), steps);
  if (way === 'fit') await fit(model, schedule.step / BATCHES);
  else await loop(model, schedule.step, schedule.steps);
  return result(model, steps);
};
