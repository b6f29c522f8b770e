import 'tfjs-optim/cpu';

import * as tf from '@tensorflow/tfjs';
import {type Optimizer, optimizers} from 'tfjs-optim';

import {isScheduleFree} from '../../examples/support/averages';
import {at, defined} from '../../examples/support/lookup';
import {functionNamed, type LandscapeFunction, type Point2} from './functions';
import {type Hypers, type LandscapeSetup, SCHEDULES} from './setup';

/** An optimizer on its way down. */
export class Descent {
  /** The points from the start on: one more than steps were made. */
  readonly path: Point2[];
  /** The values of the function at these points. */
  readonly values: number[];
  readonly optimizer: Optimizer;
  readonly #point: tf.Variable;

  constructor(
    readonly name: string,
    readonly hypers: Hypers,
    {start, steps, schedule, parameter}: LandscapeSetup,
    f: LandscapeFunction,
  ) {
    this.optimizer = optimizerFor(name, hypers);
    const policy = SCHEDULES[schedule].policy?.(defined(hypers['lr'], `lr of ${name} in the setup`));
    // The average of scheduleFree takes the place of a schedule.
    if (policy !== undefined && !isScheduleFree(this.optimizer)) this.optimizer.setSchedule(policy, {steps});
    this.#point = tf.tidy(() => tf.variable(tf.tensor1d([...start])));
    // The start as float32 holds it.
    const from = this.#read();
    this.path = [from];
    this.values = [f.value(...from, parameter)];
  }

  /** The present point. */
  get at(): Point2 {
    return at(this.path, this.path.length - 1);
  }

  /** The present value. */
  get value(): number {
    return at(this.values, this.values.length - 1);
  }

  /** Makes a step. @param noise is added to the gradient. */
  step(f: LandscapeFunction, parameter: number, noise: Point2): void {
    const [gx, gy] = f.gradient(...this.at, parameter);
    const gradient = tf.tensor1d([gx + noise[0], gy + noise[1]]);
    this.optimizer.applyGradients({[this.#point.name]: gradient});
    gradient.dispose();
    const to = this.#read();
    this.path.push(to);
    this.values.push(f.value(...to, parameter));
  }

  dispose(): void {
    this.optimizer.dispose();
    this.#point.dispose();
  }

  #read(): Point2 {
    const numbers = this.#point.dataSync();
    return [at(numbers, 0), at(numbers, 1)];
  }
}

/** Optimizers that go down from the same point, step by step. The backend must be 'cpu'. */
export class Race {
  readonly f: LandscapeFunction;
  readonly descents: readonly Descent[];
  #step = 0;

  constructor(readonly setup: LandscapeSetup) {
    this.f = defined(functionNamed(setup.f), `function '${setup.f}'`);
    this.descents = Object.entries(setup.optimizers).map(([name, hypers]) => new Descent(name, hypers, setup, this.f));
  }

  /** The number of steps that were made. */
  get step(): number {
    return this.#step;
  }

  get finished(): boolean {
    return this.#step >= this.setup.steps;
  }

  /** One step of each optimizer. */
  advance(): void {
    const {parameter} = this.setup;
    this.#step++;
    const noise = this.f.parameter?.name === 'noise' ? noiseAt(this.#step, parameter) : NO_NOISE;
    for (const descent of this.descents) descent.step(this.f, parameter, noise);
  }

  dispose(): void {
    for (const descent of this.descents) descent.dispose();
  }
}

const NO_NOISE: Point2 = [0, 0];

/** Noise that is the same in each race and in the copied program. The step is the seed. */
function noiseAt(step: number, deviation: number): Point2 {
  const [x, y] = tf.tidy(() => tf.randomNormal([2], 0, deviation, 'float32', step).dataSync());
  return [defined(x, 'noise along x'), defined(y, 'noise along y')];
}

/**
 * An optimizer of the package for a point. Weight decay moves the minimum, so it is 0 unless the setup gives it.
 * @throws for an unknown name.
 */
export function optimizerFor(name: string, {lr, ...hypers}: Hypers): Optimizer {
  const {make} = defined(
    optimizers.find(one => one.name === name),
    `optimizer '${name}'`,
  );
  return make(lr, {...NO_DECAY, ...hypers});
}

/** What is given to every optimizer before the hypers of the setup. */
export const NO_DECAY = {wd: 0};
