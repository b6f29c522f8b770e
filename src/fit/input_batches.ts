import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {at} from '../util/at';
import {checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {isTensor} from '../util/tensors';
import {warnOnce} from '../util/warn';
import {type DatasetElement, disposeElement, nextOf} from './batches';
import {PlainData, type TrainData} from './plain_data';

type FitDataset = Parameters<LayersModel['fitDataset']>[0];
/** One batch of inputs: a tensor, a list with one per input, or tensors by the names of inputs. */
type InputBatch = tf.Tensor | readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>;

/**
 * The inputs to compute averages of batch normalization from: the inputs as `fit` takes them, as tensors or arrays of
 * numbers; a list of batches; or a dataset whose elements are inputs, or `{xs, ys}` as `fitDataset` takes them. Of a
 * model with one input, a list of tensors is a list of batches.
 */
export type NormData = TrainData | readonly InputBatch[] | FitDataset;

/** How averages of batch normalization are computed. */
export interface BatchSizeOption {
  /** The rows per batch where the data are not in batches; a whole number from 1. Default 32. */
  readonly batchSize?: number;
}

/** The batches of what the user gave. */
export class InputBatches {
  readonly #what: string;
  readonly #model: LayersModel;
  readonly #plain = new PlainData();
  /** The elements of a dataset, once it was read. */
  readonly #read: DatasetElement[] = [];
  readonly #given: {readonly whole: tf.Tensor[]; readonly batchSize: number} | {readonly list: readonly unknown[]};
  /** Undefined where the data are not a dataset. */
  readonly #dataset: FitDataset | undefined;

  /** @throws for data of another kind, and for a wrong batch size. @param what the function, for errors. */
  constructor(what: string, model: LayersModel, data: NormData, {batchSize: rows}: BatchSizeOption) {
    const batchSize = rows ?? 32;
    checkWhole('batchSize', batchSize, 1);
    this.#what = what;
    this.#model = model;
    // A Sequential that was loaded, and neither compiled nor used since, has no names of inputs yet.
    if (model.inputNames.length === 0) model.build(model.inputs.map(({shape}) => shape));
    const {inputNames} = model;
    if (Array.isArray(data) && data.length === 0) throw this.#noExamples();
    const isInBatches = isDataset(data) || isListOfBatches(data, inputNames.length);
    if (rows !== undefined && isInBatches)
      warnOnce(`${what}: 'batchSize' has no effect on data that are in batches. Leave it out.`);
    if (isDataset(data)) {
      this.#dataset = data;
      this.#given = {list: this.#read};
    } else if (isListOfBatches(data, inputNames.length)) {
      this.#given = {list: data};
    } else {
      try {
        this.#given = {whole: this.inOrder(this.#plain.tensors('data', data, inputNames.length)), batchSize};
      } catch (error) {
        this.dispose();
        throw error;
      }
    }
  }

  /** Reads a dataset to its end, so that its batches can be gone through more than once. */
  async read(): Promise<void> {
    if (this.#dataset === undefined) return;
    await this.#each(this.#dataset, element => {
      this.#read.push(element);
    });
  }

  /** Goes through the batches once, without keeping those of a dataset. @param use gets one tensor per input. */
  async once(use: (batch: readonly tf.Tensor[]) => void): Promise<void> {
    if (this.#dataset === undefined) {
      for (const batch of this) use(batch);
      return;
    }
    await this.#each(this.#dataset, element => {
      try {
        use(this.inOrder(element));
      } finally {
        disposeElement(element);
      }
    });
  }

  /** The batches, each with one tensor per input. They must be used before the next one is asked for. */
  *[Symbol.iterator](): Generator<readonly tf.Tensor[]> {
    const given = this.#given;
    if ('list' in given) {
      for (const batch of given.list) yield this.inOrder(batch);
      return;
    }
    const {whole, batchSize} = given;
    const [rows = 0] = at(whole, 0).shape;
    for (let start = 0; start < rows; start += batchSize) {
      const size = Math.min(batchSize, rows - start);
      const batch = whole.map(tensor => tf.slice(tensor, start, size));
      try {
        yield batch;
      } finally {
        tf.dispose(batch);
      }
    }
  }

  /** The tensors of a batch in the order of the model's inputs. @throws where one is missing or has no rows. */
  inOrder(batch: unknown): tf.Tensor[] {
    const {inputNames} = this.#model;
    const xs: unknown = isObject(batch) && !isTensor(batch) && 'xs' in batch ? batch.xs : batch;
    const list: readonly unknown[] = isTensor(xs)
      ? [xs]
      : Array.isArray(xs)
        ? xs
        : inputNames.map((name): unknown => (isObject(xs) ? Reflect.get(xs, name) : undefined));
    const tensors = list.filter(isTensor);
    if (tensors.some(({shape}) => shape[0] === 0)) throw this.#noExamples();
    if (tensors.length === inputNames.length && list.length === tensors.length) return tensors;
    throw new Error(
      `${this.#what}: a batch must be one tensor for each of the inputs ${inputNames.join(', ')}; got ${shown(batch)}.`,
    );
  }

  dispose(): void {
    this.#plain.dispose();
    for (const element of this.#read.splice(0)) disposeElement(element);
  }

  #noExamples(): Error {
    return new Error(`${this.#what}: the data, or a batch of them, have no examples. Give at least one.`);
  }

  async #each(dataset: FitDataset, use: (element: DatasetElement) => void): Promise<void> {
    const iterator = await dataset.iterator();
    let count = 0;
    for (;;) {
      const {value, done} = await nextOf(iterator);
      if (done) break;
      count++;
      use(value);
    }
    if (count === 0) throw new Error(`${this.#what}: the dataset has no batches. Give one with at least one batch.`);
  }
}

function isDataset(data: NormData): data is FitDataset {
  return isObject(data) && 'iterator' in data && typeof data.iterator === 'function';
}

/** Whether it is a list of batches. Numbers, and one tensor for each of several inputs, are not in batches. */
function isListOfBatches(data: unknown, inputs: number): data is readonly unknown[] {
  return Array.isArray(data) && data.length > 0 && data.every(batch => isBatch(batch, inputs));
}

function isBatch(x: unknown, inputs: number): boolean {
  if (isTensor(x)) return inputs === 1;
  const parts: readonly unknown[] = Array.isArray(x)
    ? x
    : isObject(x) && !ArrayBuffer.isView(x)
      ? Object.values(x)
      : [];
  return parts.length > 0 && parts.every(isTensor);
}

function isObject(x: unknown): x is object {
  return typeof x === 'object' && x !== null;
}
