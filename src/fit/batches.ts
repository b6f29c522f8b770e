import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {checkFunction, checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {type Fit, FitCallback} from './fit_callback';

type FitDataset = Parameters<LayersModel['fitDataset']>[0];

/** Counting stops after this many batches: a dataset that has not ended by then may never end. */
const MOST = 10_000;
/** Counting lets the page run each time so many milliseconds have passed. */
const PATIENCE = 16;

/** Settings that say how many batches each epoch of a fit has. */
export interface BatchSettings {
  /**
   * How many batches a dataset has, a whole number from 1. This number is not handed to TensorFlow.js, because
   * TensorFlow.js begins the dataset anew in each epoch only without it. Default: the size that the dataset reports, or
   * else the number that is counted before training begins.
   */
  readonly stepsPerEpoch?: number | undefined;
  /**
   * How many batches make an epoch of a dataset that goes on over all epochs, such as one made by `.repeat()`. A whole
   * number from 1. TensorFlow.js then begins the dataset only once.
   */
  readonly batchesPerEpoch?: number | undefined;
  /** Called after each batch while the batches of a dataset are counted, with the number so far. */
  readonly onCount?: ((batches: number) => void) | undefined;
}

/** Checks and finds how many batches the epochs of one dataset have. */
export class Batches {
  readonly #dataset: FitDataset;
  readonly #settings: BatchSettings;
  #counted: number | undefined;

  constructor(dataset: FitDataset, settings: BatchSettings) {
    this.#dataset = dataset;
    this.#settings = settings;
  }

  /** @throws where a setting is impossible, alone or with this dataset. */
  check({epochs, initialEpoch}: {readonly epochs: number; readonly initialEpoch: number}): void {
    const {stepsPerEpoch, batchesPerEpoch, onCount} = this.#settings;
    checkFunction('onCount', onCount);
    const size = sizeOf(this.#dataset);
    if (batchesPerEpoch !== undefined) {
      checkWhole('batchesPerEpoch', batchesPerEpoch, 1);
      if (stepsPerEpoch !== undefined) {
        throw new Error(
          'Both `stepsPerEpoch` and `batchesPerEpoch` were given. Give only one: `stepsPerEpoch` where the dataset ' +
            'begins anew in each epoch, `batchesPerEpoch` where it goes on over all epochs.',
        );
      }
      const needed = batchesPerEpoch * Math.max(0, epochs - initialEpoch);
      if (size !== undefined && size < needed)
        throw new Error(`The dataset has ${size} batches, but all epochs together need ${needed}. ${ONCE}`);
      return;
    }
    if (stepsPerEpoch !== undefined) checkWhole('stepsPerEpoch', stepsPerEpoch, 1);
    if (size === Infinity) throw new Error(`The dataset never ends. ${ENDLESS}`);
    if (size === 0) throw new Error(EMPTY);
    if (stepsPerEpoch !== undefined && size !== undefined && size !== stepsPerEpoch) {
      throw new Error(`'stepsPerEpoch' is ${stepsPerEpoch}, but the dataset has ${size} batches. Leave it out.`);
    }
  }

  /**
   * The number of batches per epoch where TensorFlow.js does not know it: the one that was given, or else the one that
   * is counted, once, before the first fit. Undefined where TensorFlow.js knows it.
   * @throws where the dataset does not end, or cannot be begun again after counting.
   */
  async perEpoch(signal: AbortSignal | undefined): Promise<number | undefined> {
    const {stepsPerEpoch, batchesPerEpoch} = this.#settings;
    if (stepsPerEpoch !== undefined) return stepsPerEpoch;
    if (batchesPerEpoch !== undefined || sizeOf(this.#dataset) !== undefined) return undefined;
    this.#counted ??= await this.#count(signal);
    return this.#counted;
  }

  /** A callback that stops training where the dataset contradicts the settings. `problem` then returns the reason. */
  watch(): {readonly callback: FitCallback; readonly problem: () => string | undefined} {
    const {stepsPerEpoch, batchesPerEpoch} = this.#settings;
    let problem: string | undefined;
    let seen = 0;
    let first = true;
    const stop = ({model, run}: Fit, text: string) => {
      problem ??= text;
      run.cutOff();
      model.stopTraining = true;
    };
    return {
      problem: () => problem,
      callback: new FitCallback({
        epochBegin: () => {
          seen = 0;
        },
        batchEnd: fit => {
          seen++;
          if (stepsPerEpoch === undefined || seen <= stepsPerEpoch) return;
          stop(
            fit,
            `'stepsPerEpoch' is ${stepsPerEpoch}, but the dataset has more batches; training was stopped. ` +
              `Give the number of batches that the dataset has. ${ENDLESS}`,
          );
        },
        epochEnd: (fit, epoch) => {
          if (fit.model.stopTraining) return;
          if (batchesPerEpoch !== undefined && seen < batchesPerEpoch) {
            stop(
              fit,
              `The dataset ended after ${seen} of the ${batchesPerEpoch} batches of epoch ${epoch}; ` +
                `training was stopped. ${ONCE}`,
            );
          } else if (seen === 0) {
            const advice = first ? 'It is empty.' : AGAIN;
            stop(fit, `The dataset gave no batches in epoch ${epoch}; training was stopped. ${advice}`);
          } else if (stepsPerEpoch !== undefined && seen < stepsPerEpoch) {
            stop(
              fit,
              `'stepsPerEpoch' is ${stepsPerEpoch}, but the dataset had ${seen} batches in epoch ${epoch}; training ` +
                'was stopped. Give the number of batches that the dataset has, or leave it out.',
            );
          }
          first = false;
        },
      }),
    };
  }

  async #count(signal: AbortSignal | undefined): Promise<number> {
    const {onCount} = this.#settings;
    let batches = 0;
    let pause = tf.util.now() + PATIENCE;
    const iterator = await this.#dataset.iterator();
    for (;;) {
      const {value, done} = await nextOf(iterator);
      if (done) break;
      disposeElement(value);
      batches++;
      onCount?.(batches);
      signal?.throwIfAborted();
      if (batches >= MOST) {
        throw new Error(
          `The dataset does not know how many batches it has, and counting stopped after ${MOST}. ` +
            `Give \`stepsPerEpoch\`, the number of its batches. ${ENDLESS}`,
        );
      }
      if (tf.util.now() < pause) continue;
      await tf.nextFrame();
      signal?.throwIfAborted();
      pause = tf.util.now() + PATIENCE;
    }
    if (batches === 0) throw new Error(EMPTY);
    const {value, done} = await nextOf(await this.#dataset.iterator());
    disposeElement(value);
    if (done) {
      throw new Error(
        'The dataset does not know how many batches it has, and gave nothing more after its ' +
          `${batches} batches were counted. ${AGAIN} ` +
          'For a single epoch, give `stepsPerEpoch`, the number of its batches: then they are not counted.',
      );
    }
    return batches;
  }
}

const EMPTY = 'The dataset has no batches. Give one with at least one batch.';
const AGAIN =
  'It can be begun only once, but each epoch begins it anew. ' +
  'Give `tf.data.generator` a function that makes a new iterator each time.';
const ENDLESS =
  'For a dataset that never ends, such as one made by `.repeat()`, give `batchesPerEpoch`, ' +
  'the number of batches that make an epoch.';
const ONCE =
  'With `batchesPerEpoch`, TensorFlow.js begins the dataset once for all epochs. ' +
  'Repeat it by `.repeat()`, or leave `batchesPerEpoch` out: then each epoch begins it anew.';

/** One value of an iterator; null or undefined after the last one. */
export type DatasetElement = tf.TensorContainer | null | undefined;

export function disposeElement(element: DatasetElement): void {
  if (element !== null && element !== undefined) tf.dispose(element);
}

/** The number of batches; undefined where the dataset does not know it. */
function sizeOf({size}: {readonly size?: unknown}): number | undefined {
  return typeof size === 'number' && !Number.isNaN(size) ? size : undefined;
}

/** The next element of a dataset's iterator. */
export async function nextOf(iterator: {
  next(): Promise<unknown>;
}): Promise<{readonly value: DatasetElement; readonly done: boolean}> {
  const result = await iterator.next();
  if (isResult(result)) return {value: result.value, done: result.done === true};
  throw new Error(
    `An iterator of a dataset must return objects with \`value\` and \`done\`; next() returned ${shown(result)}.`,
  );
}

function isResult(x: unknown): x is {readonly value?: DatasetElement; readonly done?: unknown} {
  return typeof x === 'object' && x !== null && ('value' in x || 'done' in x);
}
