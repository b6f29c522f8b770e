import * as tf from '@tensorflow/tfjs';

import {defined} from '../../examples/support/lookup';
import {timeOf} from './measure';
import type {BenchModel} from './models';

/** A network with a batch of random data. The time of its passes does not depend on the data. */
export class Network {
  readonly #model: tf.LayersModel;
  readonly #xs: tf.Tensor;
  readonly #ys: tf.Tensor;
  readonly #variables: tf.Variable[];

  constructor({batch, inputShape, words, classes, build}: BenchModel) {
    this.#model = build();
    const shape = [batch, ...inputShape];
    this.#xs = words === undefined ? tf.randomUniform(shape) : tf.randomUniform(shape, 0, words, 'int32');
    this.#ys = tf.tidy(() => tf.oneHot(tf.randomUniform([batch], 0, classes, 'int32'), classes).toFloat());
    const named = Object.values(tf.engine().registeredVariables);
    this.#variables = this.#model.trainableWeights.map(({name}) =>
      defined(
        named.find(one => one.name === name),
        `variable '${name}'`,
      ),
    );
  }

  /** The shapes of the trainable weights. */
  get shapes(): number[][] {
    return this.#variables.map(({shape}) => shape);
  }

  #loss(): tf.Scalar {
    const y = this.#model.apply(this.#xs, {training: true});
    if (!(y instanceof tf.Tensor)) throw new Error('The model must return one tensor; it returned something else.');
    return tf.losses.softmaxCrossEntropy(this.#ys, y).asScalar();
  }

  /** Milliseconds of the forward pass in training. */
  forward(): number {
    return timeOf(() =>
      tf.tidy(() => {
        this.#loss();
      }),
    );
  }

  /** Milliseconds of both passes. */
  gradients(): number {
    return timeOf(() =>
      tf.tidy(() => {
        tf.variableGrads(() => this.#loss(), this.#variables);
      }),
    );
  }

  /** Milliseconds of a whole step, with reading the loss back from the device. */
  step(optimizer: tf.Optimizer): number {
    return timeOf(() => tf.tidy(() => optimizer.minimize(() => this.#loss(), true, this.#variables)?.dataSync()));
  }

  dispose(): void {
    tf.dispose([this.#xs, this.#ys]);
    this.#model.dispose();
  }
}
