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
   * @throws where the data are neither tensors nor numbers.
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
