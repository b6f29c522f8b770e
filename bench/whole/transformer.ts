import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {added, apply, type BenchModel, type Symbolic} from '../wasm_training/models';

const [WORDS, LENGTH, WIDTH, HEADS, BLOCKS] = [256, 32, 64, 4, 2];

const single = (inputs: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(inputs) ? at(inputs, 0) : inputs);

/** Adds a vector that is trained for each place in the sequence. */
export class Positions extends tf.layers.Layer {
  static readonly className = 'Positions';
  #table?: tf.LayerVariable;

  override build(shape: tf.Shape | tf.Shape[]): void {
    this.#table = this.addWeight('table', shape.slice(1).map(Number), 'float32', tf.initializers.zeros());
    super.build(shape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    if (this.#table === undefined) throw new Error('The layer must be built before it is called; it is not.');
    return single(inputs).add(this.#table.read());
  }
}

/** Softmax(q kᵀ / √d) v by heads. Vaswani et al., "Attention Is All You Need" (2017), section 3.2. */
export class Attention extends tf.layers.Layer {
  static readonly className = 'Attention';
  readonly #heads = HEADS;

  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    const [first] = shape;
    if (!Array.isArray(first)) throw new Error('Attention must get three inputs; it got one.');
    return first;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    if (!Array.isArray(inputs)) throw new Error('Attention must get three inputs; it got one.');
    const [batch, length, width] = [0, 1, 2].map(axis => at(at(inputs, 0).shape, axis));
    if (batch === undefined || length === undefined || width === undefined)
      throw new Error('Attention must get tensors of rank 3.');
    const depth = width / this.#heads;
    const split = (x: tf.Tensor): tf.Tensor4D =>
      x.reshape([batch, length, this.#heads, depth]).transpose([0, 2, 1, 3]);
    const [q, k, v] = [split(at(inputs, 0)), split(at(inputs, 1)), split(at(inputs, 2))];
    const weights = tf.softmax(tf.matMul(q, k, false, true).mul(1 / Math.sqrt(depth)));
    return tf.matMul(weights, v).transpose([0, 2, 1, 3]).reshape([batch, length, width]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {...super.getConfig(), heads: this.#heads};
  }
}

const dense = (units: number): tf.layers.Layer => tf.layers.dense({units});
const norm = (): tf.layers.Layer => tf.layers.layerNormalization();

function attention(x: Symbolic): Symbolic {
  const parts = [apply(x, dense(WIDTH)), apply(x, dense(WIDTH)), apply(x, dense(WIDTH))];
  const y = new Attention({}).apply(parts);
  if (!(y instanceof tf.SymbolicTensor)) throw new Error('Attention must return a symbolic tensor; it did not.');
  return apply(y, dense(WIDTH));
}

function transformer(): tf.LayersModel {
  const input = tf.input({shape: [LENGTH]});
  let x = apply(input, tf.layers.embedding({inputDim: WORDS, outputDim: WIDTH}), new Positions({}));
  for (let block = 0; block < BLOCKS; block++) {
    x = added(x, attention(apply(x, norm())));
    x = added(x, apply(x, norm(), dense(4 * WIDTH), tf.layers.reLU(), dense(WIDTH)));
  }
  return tf.model({
    inputs: input,
    outputs: apply(x, norm(), tf.layers.globalAveragePooling1d({}), dense(10)),
  });
}

export const TRANSFORMER: BenchModel = {
  name: 'transformer',
  batch: 16,
  inputShape: [LENGTH],
  words: WORDS,
  classes: 10,
  build: transformer,
};
