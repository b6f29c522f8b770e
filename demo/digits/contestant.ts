import * as tf from '@tensorflow/tfjs';

import {showing} from '../../examples/support/averages';
import {at, defined} from '../../examples/support/lookup';
import {type Course, follow, hypersOf, moveByHand} from './course';
import type {Batch, Digits} from './digits';
import type {Entrant} from './entrants';
import {breathe} from './frames';
import {settled, StepTimes} from './timing';

/** A measured accuracy: the share of digits that were read correctly after `step` steps. */
interface Score {
  readonly step: number;
  readonly accuracy: number;
}

/** What the curves show. Losses, learning rates and momenta have one entry per step. */
export interface History {
  readonly losses: number[];
  readonly lrs: number[];
  readonly moms: number[];
  readonly scores: Score[];
}

/** The number of digits per batch when the accuracy is measured. */
const SCORING_BATCH = 125;

/** An optimizer and the model that it trains. */
export class Contestant {
  readonly times = new StepTimes();
  readonly #optimizer: tf.Optimizer;
  readonly #variables: tf.Variable[];
  #followed = true;

  /**
   * @param model is compiled with the optimizer.
   * @param course the course that the optimizer follows already.
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

  /** A new contestant. @param model with its initial weights, not compiled. */
  static start(entrant: Entrant, model: tf.LayersModel, course: Course): Contestant {
    const optimizer = entrant.make(course.lr);
    model.compile({optimizer, loss: 'categoricalCrossentropy'});
    follow(optimizer, course, 0);
    return new Contestant(entrant, model, course);
  }

  /** The number of steps that it has made. */
  get steps(): number {
    return this.history.lrs.length;
  }

  /** Sets the learning rate, the highest one of a one-cycle course, from the next step on. */
  setLr(lr: number): void {
    this.course = {...this.course, lr};
    // The optimizer may be in the middle of a step, or of a search for a rate, which restores its settings.
    this.#followed = false;
  }

  /** Puts the optimizer on its course if the learning rate was set. Each step does so. Call this before saving. */
  followCourse(): void {
    if (!this.#followed) follow(this.#optimizer, this.course, this.steps % this.course.steps);
    this.#followed = true;
  }

  /** Trains on a batch. @param measured whether to measure the times, which means to wait for the GPU twice. */
  async train({xs, ys}: Batch, measured: boolean): Promise<void> {
    const inCycle = this.steps % this.course.steps;
    // Each cycle has a schedule of its own. That of the first one was set at the start.
    if (this.steps > 0 && inCycle === 0) this.#followed = false;
    this.followCourse();
    moveByHand(this.#optimizer, this.course, inCycle);
    const start = performance.now();
    const {value, grads} = this.#optimizer.computeGradients(
      () => tf.metrics.categoricalCrossentropy(ys, this.#outputs(xs)).mean(),
      this.#variables,
    );
    const first = at(this.#variables, 0);
    // Backpropagation computes the gradient of the first layer last.
    if (measured) await settled(defined(grads[first.name], `gradient of '${first.name}'`));
    const middle = performance.now();
    this.#optimizer.applyGradients(grads);
    tf.dispose(grads);
    // Before anything is waited for: meanwhile the visitor may set another rate.
    const {lr, mom} = hypersOf(this.#optimizer);
    if (measured) await settled(first);
    const end = performance.now();
    if (measured) this.times.add(end - middle, end - start);
    const loss = at(await value.data(), 0);
    value.dispose();
    // All at once, because the charts may be drawn at any time.
    const {losses, lrs, moms} = this.history;
    lrs.push(lr);
    moms.push(mom);
    losses.push(loss);
  }

  /** The share of the digits that it reads correctly. */
  async accuracy(digits: Digits): Promise<number> {
    return showing(this.#optimizer, () => this.#accuracy(digits));
  }

  async #accuracy(digits: Digits): Promise<number> {
    let correct = 0;
    for (const places of digits.batches(SCORING_BATCH)) {
      const {xs, ys} = digits.batch(places);
      const outputs = tf.tidy(() => this.#outputs(xs));
      const rows = chunks(await outputs.data(), places.length);
      tf.dispose([xs, ys, outputs]);
      correct += places.filter((place, i) => argMax(at(rows, i)) === digits.label(place)).length;
      await breathe();
    }
    return correct / digits.size;
  }

  /** Calls a function with the model, while its weights are those that read digits best. */
  shown<T>(act: (model: tf.LayersModel) => T): T {
    return showing(this.#optimizer, () => act(this.model));
  }

  /** The probability of each digit, for an image of 784 numbers. */
  async read(image: Float32Array): Promise<readonly number[]> {
    const outputs = showing(this.#optimizer, () =>
      tf.tidy(() => this.#outputs(tf.tensor2d(image, [1, image.length]))),
    );
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
    if (!(outputs instanceof tf.Tensor)) throw new Error('The network must have one output; it has more.');
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

/** The index of the largest number. */
export function argMax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
