import {blockUntilReady, defaultDevice, init, jit, numpy as np} from '@jax-js/jax';
import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {adam} from '../../src';
import {debias} from '../../src/callbacks/stats';
import {type Measured, summary} from '../wasm_training/measure';

/**
 * Milliseconds per step of the same Adam with jax-js's `jit` on its WASM backend, and with ours on tfjs's; and of
 * `tf.train.adam`, which has no decay.
 */
export interface JaxComparison {
  readonly jax: Measured;
  readonly ours: Measured;
  readonly stock: Measured;
}

const HYPERS = {lr: 1e-3, mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0.01};
const CHECKED_STEPS = 10;
const STEPS_PER_TURN = 10;

/**
 * Adam with decay under `jit`. Values that change from step to step are arguments, so nothing is compiled again.
 */
class JaxAdam {
  #steps = 0;
  readonly #grad: np.Array;
  #state: np.Array[];
  readonly #compiled = jit(
    (p: np.Array, grad: np.Array, average: np.Array, square: np.Array, rate: np.Array, eps: np.Array) => {
      const {lr, mom, sqrMom, wd} = HYPERS;
      const m = average.mul(mom).add(grad.ref.mul(1 - mom));
      const v = square.mul(sqrMom).add(grad.ref.mul(1 - sqrMom).mul(grad));
      return [p.mul(1 - lr * wd).sub(m.ref.mul(rate).div(np.sqrt(v.ref).add(eps))), m, v];
    },
  );

  constructor(p: Float32Array, grad: Float32Array) {
    this.#grad = np.array(grad);
    this.#state = [np.array(p), np.zeros([p.length]), np.zeros([p.length])];
  }

  async step(): Promise<void> {
    const {lr, mom, sqrMom, eps} = HYPERS;
    const [p, m, v] = this.#state;
    if (p === undefined || m === undefined || v === undefined)
      throw new Error('jax-js must return three arrays (the parameter and two averages); it returned fewer.');
    this.#steps++;
    const root2 = Math.sqrt(debias(sqrMom, 1 - sqrMom, this.#steps));
    this.#state = this.#compiled(
      p,
      this.#grad.ref,
      m,
      v,
      (lr * root2) / debias(mom, 1 - mom, this.#steps),
      eps * root2,
    );
    await blockUntilReady(this.#state);
  }

  /** The present values of the parameter. */
  async parameter(): Promise<Float32Array> {
    const values: unknown = await at(this.#state, 0).ref.data();
    if (!(values instanceof Float32Array))
      throw new Error('jax-js must return a Float32Array; it returned something else.');
    return values;
  }

  dispose(): void {
    this.#grad.dispose();
    this.#state.forEach(array => {
      array.dispose();
    });
  }
}

/**
 * Measures all three in turn, after a check that jax-js and ours compute the same.
 * @throws if the parameters differ by more than 1e-6 after ten steps.
 */
export async function compareWithJax(size: number, rounds: number): Promise<JaxComparison> {
  await init('wasm');
  defaultDevice('wasm');
  await tf.setBackend('wasm');
  const [p, grad] = [tf.randomNormal([size]), tf.randomNormal([size])];
  const [variable, theirs] = [tf.variable(p), tf.variable(p)];
  const optimizer = adam(HYPERS.lr, HYPERS);
  const stock = tf.train.adam(HYPERS.lr);
  const jax = new JaxAdam(Float32Array.from(p.dataSync()), Float32Array.from(grad.dataSync()));
  const contestants = {
    jax: () => jax.step(),
    ours: () => {
      optimizer.applyGradients([{name: variable.name, tensor: grad}]);
      return Promise.resolve();
    },
    stock: () => {
      stock.applyGradients([{name: theirs.name, tensor: grad}]);
      return Promise.resolve();
    },
  };
  for (let i = 0; i < CHECKED_STEPS; i++) await Promise.all(Object.values(contestants).map(step => step()));
  checkSame(await jax.parameter(), variable.dataSync());
  const times: Record<keyof typeof contestants, number[]> = {jax: [], ours: [], stock: []};
  for (let round = 0; round < rounds; round++) {
    for (const name of ['jax', 'ours', 'stock'] as const) {
      const start = performance.now();
      for (let i = 0; i < STEPS_PER_TURN; i++) await contestants[name]();
      times[name].push((performance.now() - start) / STEPS_PER_TURN);
    }
  }
  jax.dispose();
  optimizer.dispose();
  stock.dispose();
  tf.dispose([p, grad, variable, theirs]);
  return {jax: summary(times.jax), ours: summary(times.ours), stock: summary(times.stock)};
}

function checkSame(theirs: ArrayLike<number>, ours: ArrayLike<number>): void {
  for (let i = 0; i < ours.length; i++) {
    const [a, b] = [at(theirs, i), at(ours, i)];
    if (!(Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b))))
      throw new Error(`jax-js and ours must compute the same; element ${i} is ${a} in jax-js and ${b} in ours.`);
  }
}
