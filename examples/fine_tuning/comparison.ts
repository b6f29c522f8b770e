import * as tf from '@tensorflow/tfjs';
import {fitOneCycle, optimizerOf} from 'tfjs-optim';

import {allDigits, type Digits} from '../digits/data';
import type {BatchLogs} from '../digits/progress';
import {scoreOf} from '../digits/score';
import {logged} from '../support/lookup';
import {compile, network, networkLike} from './network';
import {MOST_DIGITS, type Options} from './options';
import {meanOf} from './statistics';
import {type Way, WAYS} from './ways';

const CHOOSING = 500;
const TEST = 2000;
const BATCH = 64;
const PRETRAINING_LR = 3e-3;
// Learners have other seeds than the pretrained networks, so they start from other weights.
const LEARNERS = 10_000;
// All seeds split the digits in the same way.
const SPLIT_SEED = 0;

/** The accuracies of a way: the share of the test digits that it read correctly, one per seed. */
export interface Result {
  readonly way: Way;
  /** The best of the rates that were tried, by the accuracy on the digits for choosing. */
  readonly lr: number;
  readonly accuracies: readonly number[];
}

/** The result of a comparison. */
export interface Comparison {
  /** The accuracy of the pretrained networks on digits 0 to 4 that they were not trained on, one per seed. */
  readonly pretrained: readonly number[];
  readonly results: readonly Result[];
}

/** Is called after each batch. `stage` says what trains. */
type OnBatch = (stage: string, logs: BatchLogs) => void;

/** The number of batches of a comparison. */
export function batchesOf({seeds, digits, epochs, lrs, steps}: Options): number {
  return seeds * (epochs * Math.ceil(digits / BATCH) + WAYS.length * lrs.length * steps);
}

/** For each seed: pretrains a network, and lets each way learn the new digits with each rate. */
export async function compare(options: Options, onBatch: OnBatch): Promise<Comparison> {
  const all = await allDigits(SPLIT_SEED);
  const [old, fresh] = [all.showing([0, 1, 2, 3, 4]), all.showing([5, 6, 7, 8, 9])];
  const [choosing, test, pool] = [
    fresh.slice(0, CHOOSING),
    fresh.slice(CHOOSING, CHOOSING + TEST),
    fresh.slice(CHOOSING + TEST, fresh.size),
  ];
  const pretrained: number[] = [];
  const tried = WAYS.flatMap(way =>
    options.lrs.map(lr => ({way, lr, chosenBy: new Array<number>(), accuracies: new Array<number>()})),
  );
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const model = await pretrain(old.slice(0, options.digits), seed, options.epochs, logs => {
      onBatch(`seed ${seed}, digits 0 to 4`, logs);
    });
    pretrained.push((await scoreOf(model, old.slice(MOST_DIGITS, old.size))).accuracy);
    const few = pool.shuffled(seed).firstOfEach(options.shots);
    for (const {way, lr, chosenBy, accuracies} of tried) {
      const learner = way.pretrained ? networkLike(model, LEARNERS + seed) : network(LEARNERS + seed);
      compile(learner, lr);
      const {xs, ys} = few.tensors();
      await way.train(learner, {
        xs,
        ys,
        lr,
        steps: options.steps,
        callbacks: reporting(logs => {
          onBatch(`seed ${seed}, ${way.name}, ${lr}`, logs);
        }),
      });
      chosenBy.push((await scoreOf(learner, choosing)).accuracy);
      accuracies.push((await scoreOf(learner, test)).accuracy);
      tf.dispose([xs, ys]);
      dispose(learner);
    }
    dispose(model);
  }
  return {pretrained, results: WAYS.map(way => best(tried.filter(one => one.way === way)))};
}

async function pretrain(
  digits: Digits,
  seed: number,
  epochs: number,
  onBatch: (logs: BatchLogs) => void,
): Promise<tf.LayersModel> {
  const model = network(seed);
  compile(model, PRETRAINING_LR);
  const {xs, ys} = digits.shuffled(seed).tensors();
  await fitOneCycle(model, xs, ys, {epochs, batchSize: BATCH, shuffle: false, callbacks: reporting(onBatch)});
  tf.dispose([xs, ys]);
  return model;
}

function reporting(onBatch: (logs: BatchLogs) => void): tf.CustomCallbackArgs {
  return {
    onBatchEnd: (_, logs) => {
      onBatch({loss: logged(logs, 'loss'), accuracy: logged(logs, 'acc')});
    },
  };
}

function best<T extends {readonly chosenBy: readonly number[]}>(tried: readonly T[]): T {
  return tried.reduce((a, b) => (meanOf(b.chosenBy) > meanOf(a.chosenBy) ? b : a));
}

function dispose(model: tf.LayersModel): void {
  optimizerOf(model).dispose();
  model.dispose();
}
