import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {shown} from '../util/shown';
import {isTensor} from '../util/tensors';

type Tensors = Parameters<LayersModel['fit']>[0];
/** Numbers in nested arrays or in typed arrays. */
export type NestedNumbers = number | boolean | Float32Array | Int32Array | Uint8Array | readonly NestedNumbers[];
type OneInput = tf.Tensor | NestedNumbers;
/**
 * What models are trained on: the data that tfjs's `fit` takes, where nested or typed arrays of numbers may replace
 * tensors.
 */
export type TrainData = Tensors | OneInput | readonly OneInput[] | Readonly<Record<string, OneInput>>;

/** Inputs and outputs to validate on. */
export type ValidationData = readonly [x: TrainData, y: TrainData];

/** Makes tensors of a user's arrays. `dispose` frees them after training. */
export class PlainData {
  readonly #made: tf.Tensor[] = [];

  /**
   * The data as `fit` takes it. Arrays of numbers become float32 tensors.
   * @param name the name of the data, for errors.
   * @param count the number of the model's inputs or outputs. An array that contains tensors is a list with one element
   *   per input or output. So is an array of this length, where it is above 1.
   * @throws where the data are neither tensors nor numbers, or rows have different lengths.
   */
  tensors(name: string, data: TrainData, count: number): Tensors {
    const given: unknown = data;
    if (isTensor(given)) return given;
    if (Array.isArray(given)) {
      const list: readonly unknown[] = given;
      const isList = list.some(isTensor) || (count > 1 && list.length === count);
      return isList ? list.map((one, i) => this.#tensor(`${name}[${i}]`, one)) : this.#tensor(name, list);
    }
    if (typeof given === 'object' && given !== null && !ArrayBuffer.isView(given)) {
      return Object.fromEntries(Object.entries(given).map(([key, one]) => [key, this.#tensor(`${name}.${key}`, one)]));
    }
    return this.#tensor(name, given);
  }

  /**
   * The inputs and outputs to validate on. Data that are given by name are put in the model's order.
   * @throws for anything other than [x, y]. tfjs does not take sample weights here.
   */
  validation(
    {inputNames, outputNames}: LayersModel,
    given: ValidationData,
  ): [tf.Tensor | tf.Tensor[], tf.Tensor | tf.Tensor[]] {
    const list: readonly unknown[] = given;
    if (!Array.isArray(given) || list.length !== 2)
      throw new Error(`'validationData' must be a list of inputs and outputs, [x, y]; got ${shown(given)}.`);
    const [x, y] = given;
    return [this.#inOrder('validationData[0]', x, inputNames), this.#inOrder('validationData[1]', y, outputNames)];
  }

  dispose(): void {
    tf.dispose(this.#made.splice(0));
  }

  #inOrder(name: string, data: TrainData, names: readonly string[]): tf.Tensor | tf.Tensor[] {
    const made = this.tensors(name, data, names.length);
    return isTensor(made) || Array.isArray(made) ? made : names.map(one => this.#tensor(`${name}.${one}`, made[one]));
  }

  #tensor(name: string, given: unknown): tf.Tensor {
    if (isTensor(given)) return given;
    if (!isNumbers(given))
      throw new Error(`'${name}' must be a tensor or a non-empty array of numbers; got ${shown(given)}.`);
    checkRows(name, given);
    const tensor = tf.tensor(given, undefined, 'float32');
    this.#made.push(tensor);
    return tensor;
  }
}

type Nested = Exclude<tf.TensorLike, string | Uint8ClampedArray | Uint8Array[]>;

function isNumbers(x: unknown): x is Nested {
  if (ArrayBuffer.isView(x)) return x.byteLength > 0;
  return (
    Array.isArray(x) &&
    x.length > 0 &&
    x.every(one => typeof one === 'number' || typeof one === 'boolean' || isNumbers(one))
  );
}

/** @throws where nested arrays are not all as long as the first ones. tfjs compares the number of all numbers alone. */
function checkRows(name: string, given: Nested): void {
  const lengths: number[] = [];
  for (let first: unknown = given; isRow(first); first = first[0]) lengths.push(first.length);
  const path = misfit(given, lengths);
  if (path === undefined) return;
  const placed = (indices: readonly number[]) => {
    const part = indices.reduce<unknown>((row, i) => (isRow(row) ? row[i] : undefined), given);
    return `${name}${indices.map(i => `[${i}]`).join('')} ${isRow(part) ? `has length ${part.length}` : 'is a number'}`;
  };
  throw new Error(
    `'${name}' must have rows of one length; ${placed(path.map(() => 0))} and ${placed(path)}. ` +
      'Cut or fill the rows.',
  );
}

/** The indices of the first part whose length is not the one of its depth; undefined where there is none. */
function misfit(part: unknown, lengths: readonly number[], depth = 0): number[] | undefined {
  if ((isRow(part) ? part.length : undefined) !== lengths[depth]) return [];
  if (depth === lengths.length) return undefined;
  // The elements of a typed array are numbers: one stands for all.
  const parts: readonly unknown[] = Array.isArray(part) ? part : [0];
  for (const [i, inner] of parts.entries()) {
    const path = misfit(inner, lengths, depth + 1);
    if (path !== undefined) return [i, ...path];
  }
  return undefined;
}

function isRow(x: unknown): x is readonly unknown[] | Float32Array | Int32Array | Uint8Array {
  return (
    Array.isArray(x) || [Float32Array, Int32Array, Uint8Array, Uint8ClampedArray].some(numbers => x instanceof numbers)
  );
}
