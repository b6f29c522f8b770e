import * as tf from '@tensorflow/tfjs';

import {at, defined} from '../../examples/support/lookup';
import {percent} from '../shared/numbers';
import {Contestant} from './contestant';
import {type Batch, Batches, type Digits} from './digits';
import {entrantNamed} from './entrants';
import {breathe} from './frames';
import {MODELS} from './models';
import {accuracyOf, ranked} from './ranking';
import type {Run} from './run';
import {cycleStepsOf, RANGES, type Setup, stepsOf} from './setup';
import {computesLater, settled, waitingCost} from './timing';

/** The number of the page's digits that are for training. The others are for measuring the accuracy. */
export const TRAINING = RANGES.digits.most;
/** The most steps between two scores. A short training has fewer, so that it has about `SCORES` of them. */
const SCORED = 25;
const SCORES = 10;
/** The most digits of a score. The last score is over all held-out digits. */
const SCORED_ON = 500;
/** Steps that are not measured, because the first steps compile. */
const WARM_UP = 3;
/** On a GPU, measuring means waiting. So only every n-th step is measured there. */
export const MEASURED = 4;

/** A training of several contestants on the same batches, step by step. */
export class Session implements Run {
  /** Digits that no contestant trains on. */
  readonly heldOut: Digits;
  /** The milliseconds that finding out that the GPU has finished adds to each measured time; undefined until known. */
  waiting: number | undefined;
  readonly #training: Digits;
  readonly #batches: Batches;

  /** @param step the number of steps that the contestants have made. */
  constructor(
    public setup: Setup,
    digits: Digits,
    readonly contestants: readonly Contestant[],
    public step: number,
  ) {
    this.#training = digits.slice(0, setup.digits);
    this.heldOut = digits.slice(TRAINING, TRAINING + Math.ceil(setup.digits / 4));
    this.#batches = new Batches(this.#training.size, setup.batch, setup.seed);
  }

  /** A new training. All contestants start from the same weights. */
  static start(setup: Setup, digits: Digits): Session {
    return new Session(
      setup,
      digits,
      Object.keys(setup.lrs).map(name => contestantFor(name, setup)),
      0,
    );
  }

  get steps(): number {
    return stepsOf(this.setup);
  }

  get finished(): boolean {
    return this.step >= this.steps;
  }

  /** The present learning rates by optimizer. */
  get lrs(): Record<string, number> {
    return Object.fromEntries(this.contestants.map(({entrant, course}) => [entrant.name, course.lr]));
  }

  /** A sentence that says which optimizer has the best accuracy on the held-out digits. */
  get verdict(): string {
    const best = at(ranked(this.contestants, 'accuracy'), 0);
    const {name} = best.entrant;
    const accuracy = defined(accuracyOf(best), `score of ${name}`);
    return `${name} has the best accuracy on ${this.heldOut.size} held-out digits: ${percent(accuracy)}.`;
  }

  /** Adds a cycle to the training. */
  addCycle(): void {
    this.setup = {...this.setup, cycles: this.setup.cycles + 1};
  }

  contestant(name: string): Contestant | undefined {
    return this.contestants.find(({entrant}) => entrant.name === name);
  }

  /** One step of each contestant. */
  async round(): Promise<void> {
    const batch = this.#training.batch(this.#batches.at(this.step));
    try {
      await this.#train(batch);
    } finally {
      tf.dispose([batch.xs, batch.ys]);
    }
    this.step++;
    if (this.finished) await this.#score(this.heldOut);
    else if (this.step % Math.min(SCORED, Math.ceil(this.steps / SCORES)) === 0)
      await this.#score(this.heldOut.slice(0, SCORED_ON));
  }

  dispose(): void {
    this.contestants.forEach(contestant => {
      contestant.dispose();
    });
  }

  async #train(batch: Batch): Promise<void> {
    const measured = this.step >= WARM_UP && (!computesLater(this.setup.backend) || this.step % MEASURED === WARM_UP);
    if (measured) {
      await settled(batch.xs);
      this.waiting ??= await waitingCost(batch.xs);
    }
    // The contestants take turns at being first, because each finds the caches as the one before left them.
    const first = this.step % this.contestants.length;
    for (const contestant of [...this.contestants.slice(first), ...this.contestants.slice(0, first)]) {
      await contestant.train(batch, measured);
      await breathe();
    }
  }

  async #score(digits: Digits): Promise<void> {
    for (const contestant of this.contestants) {
      contestant.history.scores.push({step: this.step, accuracy: await contestant.accuracy(digits)});
    }
  }
}

/** A contestant before its first step. */
export function contestantFor(name: string, setup: Setup): Contestant {
  const entrant = entrantNamed(name);
  const lr = defined(setup.lrs[name], `learning rate of ${name} in the setup`);
  return Contestant.start(entrant, MODELS[setup.model].make(setup.seed), {
    kind: setup.schedule,
    lr,
    steps: cycleStepsOf(setup),
  });
}
