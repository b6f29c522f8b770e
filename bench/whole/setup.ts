import * as tf from '@tensorflow/tfjs';

import {defined} from '../../examples/support/lookup';
import {randomFrom} from '../lr_find/random';
import {type BenchModel, MOBILE_NET} from '../wasm_training/models';
import {type Graph, graphOf} from './graph';

/** One batch as plain numbers: inputs with the channels last, and a class for each example. */
export interface Batch {
  readonly inputs: Float32Array | Int32Array;
  readonly classes: Int32Array;
}

/** A weight as plain numbers, in tfjs's layout. */
export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Of every contestant's Adam, which is without decay, as tf.train's. */
export interface AdamHypers {
  readonly lr: number;
  readonly mom: number;
  readonly sqrMom: number;
  readonly eps: number;
}

/** What all contestants have in common. Step `i` trains on batch `i` modulo their number. */
export interface Setup {
  readonly model: BenchModel;
  readonly graph: Graph;
  readonly inputShape: readonly number[];
  readonly weights: readonly Weight[];
  readonly batches: readonly Batch[];
  readonly adam: AdamHypers;
}

/**
 * With a larger rate or a smaller `eps`, rounding errors grow so fast in networks with batch norm that their losses
 * part after a few steps. MobileNetV1's grow fastest, because its last batch norms are over few values.
 */
function adamFor({name}: BenchModel): AdamHypers {
  return {lr: name === MOBILE_NET.name ? 1e-5 : 1e-4, mom: 0.9, sqrMom: 0.999, eps: 1e-4};
}

const BATCHES = 4;

/** The variables of a model's trainable weights, in their order. */
export function variablesOf(model: tf.LayersModel): tf.Variable[] {
  const {registeredVariables} = tf.engine();
  return model.trainableWeights.map(({originalName, name}) =>
    defined(registeredVariables[name] ?? registeredVariables[originalName], `variable '${name}'`),
  );
}

/** Matrices and kernels: normal values with deviation √(2 / fan-in), by the seed. Vectors: as layers start them. */
function weightOf(variable: tf.Variable, random: () => number): Weight {
  const {shape} = variable;
  const values = Float32Array.from(variable.dataSync());
  if (shape.length > 1) {
    // A depthwise kernel has one output channel per input channel.
    const isDepthwise = shape.length === 4 && shape[3] === 1;
    const fanIn = isDepthwise ? tf.util.sizeFromShape(shape.slice(0, 2)) : tf.util.sizeFromShape(shape.slice(0, -1));
    // An embedding's row is looked up, not summed.
    const deviation = Math.sqrt(2 / fanIn);
    for (let i = 0; i < values.length; i++)
      values[i] = deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  }
  return {shape, values};
}

function batchOf({batch, inputShape, words, classes}: BenchModel, random: () => number): Batch {
  const size = batch * tf.util.sizeFromShape(inputShape);
  const below = (most: number) => () => Math.floor(random() * most);
  return {
    inputs:
      words === undefined ? Float32Array.from({length: size}, random) : Int32Array.from({length: size}, below(words)),
    classes: Int32Array.from({length: batch}, below(classes)),
  };
}

/** The same weights and batches on every machine and backend. */
export function setupOf(model: BenchModel): Setup {
  const random = randomFrom(1);
  const built = model.build();
  const setup = {
    model,
    graph: graphOf(built),
    inputShape: [model.batch, ...model.inputShape],
    weights: variablesOf(built).map(variable => weightOf(variable, random)),
    batches: Array.from({length: BATCHES}, () => batchOf(model, random)),
    adam: adamFor(model),
  };
  built.dispose();
  return setup;
}
