import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel} from '@tensorflow/tfjs-layers';

import {at} from '../../../src/util/at';
import {isDict} from '../../../src/util/config_reader';

/** An array as the Python program sends it. */
export interface Plain {
  readonly shape: number[];
  readonly data: number[];
}

/** A model that Keras wrote. */
export interface Written {
  readonly file: Uint8Array;
  readonly weights: Uint8Array;
  readonly inputs: Plain[];
  readonly outputs: Plain[];
}

/** A training in Keras. */
export interface Run {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly losses: number[];
  readonly iterations: number;
  readonly optimizer: readonly unknown[];
}

export const bytesOf = (text: unknown) => new Uint8Array(Buffer.from(String(text), 'base64'));
export const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

export function dictOf(x: unknown): Readonly<Record<string, unknown>> {
  if (!isDict(x)) throw new Error(`The Python program must answer with an object; got ${String(x)}`);
  return x;
}

export function listOf(x: unknown): unknown[] {
  if (!Array.isArray(x)) throw new Error(`The Python program must answer with a list; got ${String(x)}`);
  return Array.from(x);
}

export function plainOf(x: unknown): Plain {
  const {shape, data} = dictOf(x);
  return {shape: listOf(shape).map(Number), data: listOf(data).map(Number)};
}

export function writtenOf(x: unknown): Written {
  const {file, weights, inputs, outputs} = dictOf(x);
  return {
    file: bytesOf(file),
    weights: bytesOf(weights),
    inputs: listOf(inputs).map(plainOf),
    outputs: listOf(outputs).map(plainOf),
  };
}

export function runOf(x: unknown): Run {
  const {before, after, losses, iterations, optimizer} = dictOf(x);
  return {
    before: bytesOf(before),
    after: bytesOf(after),
    losses: listOf(losses).map(Number),
    iterations: Number(iterations),
    optimizer: listOf(optimizer),
  };
}

/** What a model predicts, on the host. */
export function predicted(model: LayersModel, inputs: readonly Plain[]): Plain[] {
  return tf.tidy(() => {
    const given = inputs.map(({shape, data}, i) => tf.tensor(data, shape, at(model.inputs, i).dtype));
    const outputs = model.predict(given.length === 1 ? at(given, 0) : given);
    return (Array.isArray(outputs) ? outputs : [outputs]).map(output => ({
      shape: output.shape,
      data: Array.from(output.dataSync()),
    }));
  });
}

/** Expects arrays to agree within 1e-5·max(1, |x|). */
export function expectClose(found: readonly Plain[], wanted: readonly Plain[], tolerance = 1e-5): void {
  expect(found.map(({shape}) => shape)).toEqual(wanted.map(({shape}) => shape));
  const worst = Math.max(
    ...wanted.flatMap(({data}, i) =>
      data.map((x, j) => Math.abs(x - at(at(found, i).data, j)) / Math.max(1, Math.abs(x))),
    ),
  );
  expect(worst).toBeLessThan(tolerance);
}

/** Batches of a task that can be learnt: three classes by a hidden rule. */
export function batchesFor(shape: readonly number[], count: number, size = 8): Array<[Plain[], Plain]> {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const length = shape.reduce((product, extent) => product * extent, 1);
  return Array.from({length: count}, () => {
    const rows = Array.from({length: size}, () => Array.from({length}, () => random() * 2 - 1));
    const classes = rows.map(row => (at(row, 0) + at(row, 1) > 0.3 ? 0 : at(row, 2) > 0 ? 1 : 2));
    return [
      [{shape: [size, ...shape], data: rows.flat()}],
      {shape: [size, 3], data: classes.flatMap(k => [0, 1, 2].map(i => (i === k ? 1 : 0)))},
    ];
  });
}

/** Trains a compiled model on each batch in turn; the losses. */
export async function trained(
  model: LayersModel,
  batches: ReadonlyArray<readonly [Plain[], Plain]>,
): Promise<number[]> {
  const losses: number[] = [];
  for (const [[x], y] of batches) {
    if (x === undefined) throw new Error('A batch must have an input.');
    const xs = tf.tensor(x.data, x.shape);
    const ys = tf.tensor(y.data, y.shape);
    const history = await model.trainOnBatch(xs, ys);
    losses.push(Array.isArray(history) ? at(history, 0) : history);
    tf.dispose([xs, ys]);
  }
  return losses;
}
