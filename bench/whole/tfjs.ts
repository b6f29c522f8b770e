import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {adam} from '../../src';
import type {Contestant, Training, Turn} from './contestant';
import {OURS} from './row';
import {type AdamHypers, type Setup, variablesOf} from './setup';

interface TensorBatch {
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
}

class TfjsTraining implements Training {
  readonly #model: tf.LayersModel;
  readonly #variables: tf.Variable[];
  readonly #batches: readonly TensorBatch[];
  readonly #optimizer: tf.Optimizer;
  readonly #prepare: () => void;
  #steps = 0;

  constructor({model, inputShape, weights, batches}: Setup, optimizer: tf.Optimizer, prepare: () => void) {
    this.#model = model.build();
    this.#variables = variablesOf(this.#model);
    this.#optimizer = optimizer;
    this.#prepare = prepare;
    this.#variables.forEach((variable, i) => {
      const {shape, values} = at(weights, i);
      tf.tidy(() => {
        variable.assign(tf.tensor(values, [...shape]));
      });
    });
    this.#batches = batches.map(({inputs, classes}) => ({
      xs: tf.tensor(inputs, [...inputShape], inputs instanceof Int32Array ? 'int32' : 'float32'),
      ys: tf.tidy(() => tf.oneHot(tf.tensor1d(classes, 'int32'), model.classes).toFloat()),
    }));
  }

  #step(): tf.Scalar {
    const {xs, ys} = at(this.#batches, this.#steps++ % this.#batches.length);
    const loss = this.#optimizer.minimize(
      () => {
        const logits = this.#model.apply(xs, {training: true});
        if (!(logits instanceof tf.Tensor)) throw new Error('The model must return one tensor; it returned others.');
        return tf.losses.softmaxCrossEntropy(ys, logits).asScalar();
      },
      true,
      this.#variables,
    );
    if (loss === null) throw new Error('minimize must return the loss; it returned null.');
    return loss;
  }

  async run(steps: number): Promise<Turn> {
    this.#prepare();
    const begin = performance.now();
    for (let i = 1; i < steps; i++) this.#step().dispose();
    const last = this.#step();
    // On WebGL, data() waits for a timer of some milliseconds. The weights are computed after the loss.
    const isWebGL = tf.getBackend() === 'webgl';
    const weight = at(this.#variables, this.#variables.length - 1);
    const [[loss]] = isWebGL ? [last.dataSync(), weight.dataSync()] : await Promise.all([last.data(), weight.data()]);
    const ms = performance.now() - begin;
    last.dispose();
    if (loss === undefined) throw new Error('The loss must be a number; the tensor was empty.');
    return {ms, loss};
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.#model.dispose();
    for (const {xs, ys} of this.#batches) tf.dispose([xs, ys]);
  }
}

/**
 * A contestant on tfjs's current backend.
 * @param prepare runs before each turn, outside the measured time.
 */
function onTfjs(name: string, optimizer: (hypers: AdamHypers) => tf.Optimizer, prepare: () => void): Contestant {
  return {
    name,
    start: async setup => {
      const training = new TfjsTraining(setup, optimizer(setup.adam), prepare);
      // Kernels that are missing throw here.
      await training.run(1);
      training.dispose();
      return new TfjsTraining(setup, optimizer(setup.adam), prepare);
    },
  };
}

const theirs = ({lr, mom, sqrMom, eps}: AdamHypers): tf.Optimizer => tf.train.adam(lr, mom, sqrMom, eps);
const ours = ({lr, mom, sqrMom, eps}: AdamHypers): tf.Optimizer => adam(lr, {mom, sqrMom, eps, wd: 0});

/** @param use switches between tfjs's kernels and ours, where a backend has both. */
export function tfjsContestants(use?: (kernels: 'stock' | 'ours') => void): Contestant[] {
  const switching = (kernels: 'stock' | 'ours') => () => {
    use?.(kernels);
  };
  const between = use === undefined ? [] : [onTfjs('tfjs with our kernels', theirs, switching('ours'))];
  return [onTfjs(OURS, ours, switching('ours')), onTfjs('tfjs alone', theirs, switching('stock')), ...between];
}
