import * as tf from '@tensorflow/tfjs';

import {network} from '../examples/digits/contestant';
import {type Course, follow, hypersOf, moveByHand} from './course';
import type {Batch, Digits} from './digits';
import type {Entrant} from './entrants';
import {breathe} from './frames';
import {settled, StepTimes} from './timing';

/** A measured accuracy: the share of digits read correctly after so many steps. */
export interface Score {
  readonly step: number;
  readonly accuracy: number;
}

/** What the curves show; one entry a step but for the scores. */
export interface History {
  readonly losses: number[];
  readonly lrs: number[];
  readonly moms: number[];
  readonly scores: Score[];
}

/** How many digits are read at once. */
const READ = 125;

/** An optimizer and the model that it trains. */
export class Contestant {
  readonly times = new StepTimes();
  readonly #optimizer: tf.Optimizer;
  readonly #variables: tf.Variable[];

  /**
   * @param model compiled with the optimizer.
   * @param course what the optimizer follows already.
   */
  constructor(
    readonly entrant: Entrant,
    readonly model: tf.LayersModel,
    public course: Course,
    readonly history: History = {losses: [], lrs: [], moms: [], scores: []},
  ) {
    this.#optimizer = model.optimizer;
    this.#variables = model.trainableWeights.map(weight => weight.read()).filter(isVariable);
  }

  /** One that starts from the weights that the seed decides. */
  static start(entrant: Entrant, course: Course, seed: number): Contestant {
    const model = network(seed);
    const optimizer = entrant.make(course.lr);
    model.compile({optimizer, loss: 'categoricalCrossentropy'});
    follow(optimizer, course, 0);
    return new Contestant(entrant, model, course);
  }

  /** How many steps it has made. */
  get steps(): number {
    return this.history.lrs.length;
  }

  /** Sets the (highest) learning rate, from the next step on. */
  setLr(lr: number): void {
    const course = {...this.course, lr};
    follow(this.#optimizer, course, this.steps);
    this.course = course;
  }

  /** Trains on a batch. @param measured whether to wait for the GPU twice, to know what takes how long. */
  async train({xs, ys}: Batch, measured: boolean): Promise<void> {
    moveByHand(this.#optimizer, this.course, this.steps);
    const start = performance.now();
    const {value, grads} = this.#optimizer.computeGradients(
      () => tf.metrics.categoricalCrossentropy(ys, this.#outputs(xs)).mean(),
      this.#variables,
    );
    const [first] = this.#variables;
    const last = first && grads[first.name];
    if (measured && last !== undefined) await settled(last);
    const middle = performance.now();
    this.#optimizer.applyGradients(grads);
    if (measured && first !== undefined) await settled(first);
    const end = performance.now();
    if (measured) this.times.add(end - middle, end - start);
    tf.dispose(grads);
    const {losses, lrs, moms} = this.history;
    const {lr, mom} = hypersOf(this.#optimizer);
    lrs.push(lr);
    moms.push(mom);
    losses.push((await value.data())[0] ?? NaN);
    value.dispose();
  }

  /** The share of the digits that it reads correctly. */
  async accuracy(digits: Digits): Promise<number> {
    let correct = 0;
    for (const places of digits.batches(READ)) {
      const {xs, ys} = digits.batch(places);
      const outputs = tf.tidy(() => this.#outputs(xs));
      const rows = chunks(await outputs.data(), places.length);
      tf.dispose([xs, ys, outputs]);
      correct += places.filter((place, i) => argMax(rows[i] ?? []) === digits.label(place)).length;
      await breathe();
    }
    return correct / digits.size;
  }

  /** The probability of each digit, for an image of 784 numbers. */
  async read(image: Float32Array): Promise<readonly number[]> {
    const outputs = tf.tidy(() => this.#outputs(tf.tensor2d(image, [1, image.length])));
    const probabilities = await outputs.data();
    outputs.dispose();
    return [...probabilities];
  }

  dispose(): void {
    this.model.dispose();
    this.#optimizer.dispose();
  }

  #outputs(xs: tf.Tensor): tf.Tensor {
    const outputs = this.model.apply(xs, {training: true});
    if (!(outputs instanceof tf.Tensor)) throw new Error('The net has one output.');
    return outputs;
  }
}

function chunks(values: ArrayLike<number>, n: number): number[][] {
  const length = values.length / n;
  return Array.from({length: n}, (_, i) => Array.from(values).slice(i * length, (i + 1) * length));
}

function isVariable(tensor: tf.Tensor): tensor is tf.Variable {
  return tensor instanceof tf.Variable;
}

/** Where the largest number stands. */
export function argMax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
