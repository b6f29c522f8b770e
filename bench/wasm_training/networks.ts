import * as tf from '@tensorflow/tfjs';

import {timeOf} from './measure';
import type {BenchModel} from './models';

/** A network with a batch of random data: what its passes cost does not depend on the data. */
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
    this.#variables = this.#model.trainableWeights.map(({name}) => {
      const variable = named.find(one => one.name === name);
      if (variable === undefined) throw new Error(`No variable is named ${name}.`);
      return variable;
    });
  }

  /** The shapes of the weights that train. */
  get shapes(): number[][] {
    return this.#variables.map(({shape}) => shape);
  }

  #loss(): tf.Scalar {
    const y = this.#model.apply(this.#xs, {training: true});
    if (!(y instanceof tf.Tensor)) throw new Error('The model gave no tensor.');
    return tf.losses.softmaxCrossEntropy(this.#ys, y).asScalar();
  }

  /** Milliseconds of the training forward pass. */
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

  /** Milliseconds of a whole step, read back from the device. */
  step(optimizer: tf.Optimizer): number {
    return timeOf(() => tf.tidy(() => optimizer.minimize(() => this.#loss(), true, this.#variables)?.dataSync()));
  }

  dispose(): void {
    tf.dispose([this.#xs, this.#ys]);
    this.#model.dispose();
  }
}
