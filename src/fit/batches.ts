import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {checkWhole} from '../schedule/options';
import {type Fit, FitCallback} from './fit_callback';

type FitDataset = Parameters<LayersModel['fitDataset']>[0];

/** How many batches are counted at most: a dataset that has not ended by then may never end. */
const MOST = 10_000;
/** How long counting keeps the page waiting at a time, in milliseconds. */
const PATIENCE = 16;

/** What tells how many batches the epochs of a fit have. */
export interface BatchSettings {
  /**
   * How many batches a dataset has. TensorFlow.js is not told, so that it begins the dataset anew in each epoch.
   * Default: what the dataset says, or the number that is counted before training begins.
   */
  readonly stepsPerEpoch?: number | undefined;
  /**
   * How many batches make an epoch of a dataset that goes on over all epochs, as one made by `.repeat()` does.
   * TensorFlow.js begins the dataset only once then.
   */
  readonly batchesPerEpoch?: number | undefined;
  /** Called while the batches of a dataset are counted, after each of them, with their number so far. */
  readonly onCount?: ((batches: number) => void) | undefined;
}

/** How many batches the epochs of one dataset have. */
export class Batches {
  readonly #dataset: FitDataset;
  readonly #settings: BatchSettings;
  #counted: number | undefined;

  constructor(dataset: FitDataset, settings: BatchSettings) {
    this.#dataset = dataset;
    this.#settings = settings;
  }

  /** @throws where what was given can't be, or not with this dataset. */
  check({epochs, initialEpoch}: {readonly epochs: number; readonly initialEpoch: number}): void {
    const {stepsPerEpoch, batchesPerEpoch, onCount} = this.#settings;
    const shown = String(onCount);
    if (onCount !== undefined && typeof onCount !== 'function')
      throw new Error(`'onCount' is a function; got ${shown}.`);
    const size = sizeOf(this.#dataset);
    if (batchesPerEpoch !== undefined) {
      checkWhole('batchesPerEpoch', batchesPerEpoch, 1);
      if (stepsPerEpoch !== undefined) {
        throw new Error(
          'Give `stepsPerEpoch` (the dataset restarts in each epoch) or `batchesPerEpoch` (it goes on over all ' +
            'epochs), not both.',
        );
      }
      const needed = batchesPerEpoch * Math.max(0, epochs - initialEpoch);
      if (size !== undefined && size < needed)
        throw new Error(`The dataset has ${size} batches, fewer than the ${needed} that all epochs take. ${ONCE}`);
      return;
    }
    if (stepsPerEpoch !== undefined) checkWhole('stepsPerEpoch', stepsPerEpoch, 1);
    if (size === Infinity) throw new Error(`The dataset never ends. ${ENDLESS}`);
    if (size === 0) throw new Error('The dataset has no batches.');
    if (stepsPerEpoch !== undefined && size !== undefined && size !== stepsPerEpoch) {
      throw new Error(`'stepsPerEpoch' is ${stepsPerEpoch}, but the dataset has ${size} batches. Leave it out.`);
    }
  }

  /**
   * The batches of an epoch where TensorFlow.js can't tell them: counted once, before the first fit.
   * @throws where the dataset does not end, or has nothing left after that.
   */
  async perEpoch(signal: AbortSignal | undefined): Promise<number | undefined> {
    const {stepsPerEpoch, batchesPerEpoch} = this.#settings;
    if (stepsPerEpoch !== undefined) return stepsPerEpoch;
    if (batchesPerEpoch !== undefined || sizeOf(this.#dataset) !== undefined) return undefined;
    this.#counted ??= await this.#count(signal);
    return this.#counted;
  }

  /** A callback that stops training where the dataset is not what the settings say; `problem` tells then why. */
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
            `'stepsPerEpoch' is ${stepsPerEpoch}, but the dataset went on after ${stepsPerEpoch} batches; ` +
              'training was stopped. ' +
              `Give the number of batches that the dataset has. ${ENDLESS}`,
          );
        },
        epochEnd: (fit, epoch) => {
          if (fit.model.stopTraining) return;
          if (batchesPerEpoch !== undefined && seen < batchesPerEpoch) {
            stop(
              fit,
              `The dataset ended after ${seen} of the ${batchesPerEpoch} batches of epoch ${epoch}; training was ` +
                `stopped. ${ONCE}`,
            );
          } else if (seen === 0) {
            stop(
              fit,
              `The dataset gave no batches in epoch ${epoch}; training was stopped. ${first ? 'It is empty.' : AGAIN}`,
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
      dispose(value);
      batches++;
      onCount?.(batches);
      signal?.throwIfAborted();
      if (batches >= MOST) {
        throw new Error(
          `The dataset does not know how many batches it has, and has not ended after ${MOST}. Give ` +
            `\`stepsPerEpoch\`, the number of its batches. ${ENDLESS}`,
        );
      }
      if (tf.util.now() < pause) continue;
      await tf.nextFrame();
      signal?.throwIfAborted();
      pause = tf.util.now() + PATIENCE;
    }
    if (batches === 0) throw new Error('The dataset has no batches.');
    const {value, done} = await nextOf(await this.#dataset.iterator());
    dispose(value);
    if (done) {
      throw new Error(
        `The dataset does not know how many batches it has, and gave nothing more after ${batches} batches were ` +
          `counted. ${AGAIN} ` +
          'For a single epoch, give `stepsPerEpoch`, the number of its batches: they are not counted then.',
      );
    }
    return batches;
  }
}

const AGAIN =
  'It can be started only once, but every epoch starts it again: pass `tf.data.generator` a function that makes ' +
  'a new iterator each time.';
const ENDLESS =
  'For a dataset that never ends, such as one made by `.repeat()`, give `batchesPerEpoch`, the number of batches ' +
  'that make an epoch.';
const ONCE =
  'With `batchesPerEpoch`, TensorFlow.js begins the dataset once for all epochs: repeat it by `.repeat()`, or leave ' +
  '`batchesPerEpoch` out, and each epoch begins it anew.';

/** What an iterator gives; nothing after the last. */
type Element = tf.TensorContainer | null | undefined;

function dispose(element: Element): void {
  if (element !== null && element !== undefined) tf.dispose(element);
}

/** Undefined where the dataset does not know. */
function sizeOf({size}: {readonly size?: unknown}): number | undefined {
  return typeof size === 'number' && !Number.isNaN(size) ? size : undefined;
}

async function nextOf(iterator: {
  next(): Promise<unknown>;
}): Promise<{readonly value: Element; readonly done: boolean}> {
  const result = await iterator.next();
  if (isResult(result)) return {value: result.value, done: result.done === true};
  throw new Error('The iterator of a dataset gives objects with `value` and `done`.');
}

function isResult(x: unknown): x is {readonly value?: Element; readonly done?: unknown} {
  return typeof x === 'object' && x !== null && ('value' in x || 'done' in x);
}
