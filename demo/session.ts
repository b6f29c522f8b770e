import * as tf from '@tensorflow/tfjs';

import {Contestant} from './contestant';
import {Batches, type Digits} from './digits';
import {entrantNamed} from './entrants';
import {breathe} from './frames';
import {percent} from './numbers';
import type {Setup} from './setup';
import {computesLater, settled, waitingCost} from './timing';

/** So many of the page's digits are for training; the others tell the accuracy. */
export const TRAINING = 8000;
/** Steps from one score of the curves to the next: so many, or fewer where a training is short. */
const SCORED = 25;
const SCORES = 10;
/** Digits that such a score is over at most; the last one is over all. */
const SCORED_ON = 500;
/** The first steps compile. */
const WARM_UP = 3;
/** Where measuring means waiting, only each so many'th step is measured. */
const MEASURED = 4;

/** A training of several contestants on the same batches, step by step. */
export class Session {
  /** Digits that no contestant trains on. */
  readonly heldOut: Digits;
  /** The milliseconds that each measured time has in it for waiting; undefined until known. */
  waiting: number | undefined;
  readonly #training: Digits;
  readonly #batches: Batches;

  /** @param step how many steps the contestants have made. */
  constructor(
    readonly setup: Setup,
    digits: Digits,
    readonly contestants: readonly Contestant[],
    public step: number,
  ) {
    this.#training = digits.slice(0, setup.digits);
    this.heldOut = digits.slice(TRAINING, TRAINING + Math.ceil(setup.digits / 4));
    this.#batches = new Batches(this.#training.size, setup.batch, setup.seed);
  }

  /** A new training: all contestants start from the same weights. */
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

  /** The learning rates as they are now. */
  get lrs(): Record<string, number> {
    return Object.fromEntries(this.contestants.map(({entrant, course}) => [entrant.name, course.lr]));
  }

  /** Who reads the most of the held-out digits, in a sentence. */
  get verdict(): string {
    const [best] = this.contestants
      .map(({entrant: {name}, history: {scores}}) => ({name, accuracy: scores.at(-1)?.accuracy ?? 0}))
      .sort((a, b) => b.accuracy - a.accuracy);
    return best === undefined
      ? ''
      : `${best.name} reads the most of ${this.heldOut.size} held-out digits: ${percent(best.accuracy)}.`;
  }

  contestant(name: string): Contestant | undefined {
    return this.contestants.find(({entrant}) => entrant.name === name);
  }

  /** One step of each contestant. */
  async round(): Promise<void> {
    const batch = this.#training.batch(this.#batches.at(this.step));
    const measured = this.step >= WARM_UP && (!computesLater() || this.step % MEASURED === WARM_UP);
    if (measured) {
      await settled(batch.xs);
      this.waiting ??= await waitingCost(batch.xs);
    }
    // Each in turn is the first, so that none always has the machine as another left it.
    const first = this.step % this.contestants.length;
    for (const contestant of [...this.contestants.slice(first), ...this.contestants.slice(0, first)]) {
      await contestant.train(batch, measured);
      await breathe();
    }
    tf.dispose([batch.xs, batch.ys]);
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

  async #score(digits: Digits): Promise<void> {
    for (const contestant of this.contestants) {
      contestant.history.scores.push({step: this.step, accuracy: await contestant.accuracy(digits)});
    }
  }
}

/** A contestant before its first step. */
export function contestantFor(name: string, setup: Setup): Contestant {
  const entrant = entrantNamed(name);
  return Contestant.start(
    entrant,
    {kind: setup.schedule, lr: setup.lrs[name] ?? entrant.lr, steps: stepsOf(setup)},
    setup.seed,
  );
}

function stepsOf({epochs, batch, digits}: Setup): number {
  return epochs * Math.ceil(digits / batch);
}
