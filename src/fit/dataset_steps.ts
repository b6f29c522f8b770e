import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {checkWhole} from '../schedule/options';
import {warn} from '../warn';

/** A dataset as `fitDataset` takes it. */
type Dataset = Parameters<LayersModel['fitDataset']>[0];

/** What tells how many steps an epoch has. */
interface StepArgs {
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly batchesPerEpoch?: number | undefined;
  readonly stepsPerEpoch?: number | undefined;
  readonly onCount?: ((batches: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an iterator of tfjs-data gives. */
interface Next {
  readonly value: unknown;
  readonly done?: boolean | undefined;
}

const REPEAT = 'With `batchesPerEpoch` TensorFlow.js iterates a dataset once for all epochs: call dataset.repeat(), or leave `batchesPerEpoch` out.';

/**
 * How many steps an epoch on the dataset has: what is given, what the dataset tells, or else its batches, counted.
 * @throws for a dataset that is infinite, empty, too short, or that can't be iterated again after it was counted.
 */
export async function stepsOfDataset(dataset: Dataset, {epochs, initialEpoch, batchesPerEpoch, stepsPerEpoch, onCount, signal}: StepArgs): Promise<number> {
  if (stepsPerEpoch !== undefined) checkWhole('stepsPerEpoch', stepsPerEpoch, 1);
  const size = sizeOf(dataset);
  if (batchesPerEpoch !== undefined) {
    const wanted = batchesPerEpoch * (epochs - initialEpoch);
    if (size !== undefined && size < wanted) throw new Error(`The dataset has ${size} batches; ${wanted} are needed. ${REPEAT}`);
    return batchesPerEpoch;
  }
  if (size === Infinity) throw new Error('The dataset is infinite, so an epoch has no end: give `batchesPerEpoch`.');
  return stepsPerEpoch ?? size ?? counted(dataset, onCount, signal);
}

/** Says so where the dataset ran out before the epochs did, which TensorFlow.js does not count as a fault. */
export function warnOfEarlyEnd(model: LayersModel, batches: number, {epochs, initialEpoch, batchesPerEpoch}: StepArgs): void {
  if (batchesPerEpoch === undefined || model.stopTraining) return;
  const wanted = batchesPerEpoch * (epochs - initialEpoch);
  if (batches < wanted) warn(`training ended after ${batches} of ${wanted} batches: the dataset ran out. ${REPEAT}`);
}

/** `undefined` where the dataset does not know. */
function sizeOf(dataset: Dataset): number | undefined {
  const size: unknown = Reflect.get(dataset, 'size');
  return typeof size === 'number' && !Number.isNaN(size) ? size : undefined;
}

async function counted(dataset: Dataset, onCount: ((batches: number) => void) | undefined, signal: AbortSignal | undefined): Promise<number> {
  let batches = 0;
  for (const all = await dataset.iterator(); ;) {
    signal?.throwIfAborted();
    const next: Next = await all.next();
    if (next.done) break;
    disposeBatch(next.value);
    batches++;
    onCount?.(batches);
  }
  if (batches === 0) throw new Error('The dataset has no batch to train on.');
  const again: Next = await (await dataset.iterator()).next();
  if (again.done) {
    throw new Error(`The dataset can't be iterated again after its ${batches} batches were counted: give \`stepsPerEpoch: ${batches}\` and a new dataset, ` +
      'or make the dataset from a function that begins anew, such as tf.data.generator(function* () {…}).');
  }
  disposeBatch(again.value);
  return batches;
}

function disposeBatch(batch: unknown): void {
  if (typeof batch === 'object' && batch !== null) tf.dispose(Object.assign<tf.TensorContainerObject, object>({}, batch));
}
