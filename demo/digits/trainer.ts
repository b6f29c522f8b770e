import type {Digits} from './digits';
import {Session} from './session';
import type {Setup} from './setup';
import type {Stored} from './storage';

/** What a trainer needs of the browser. */
export interface Surroundings {
  /** The present backend. */
  readonly backend: () => string;
  /** Starts a backend. */
  readonly start: (backend: string) => Promise<void>;
  /** Saves a training. */
  readonly save: (session: Session) => Promise<void>;
  /** The training that was saved last; undefined if none was. */
  readonly stored: () => Promise<Stored | undefined>;
  /** A stored training as it was when it was saved. */
  readonly restore: (stored: Stored, digits: Digits) => Promise<Session>;
}

/**
 * `busy`: the device does something other than training. `failed`: a step failed, and the contestants may differ by
 * one step.
 */
export type Phase = 'ready' | 'busy' | 'training' | 'paused' | 'finished' | 'failed';

/**
 * The one training of the page: starts, pauses, resets, saves and restores it. Whatever is asked of it waits until all
 * that was asked before has ended, so that nothing uses the device or the training beside anything else.
 */
export class Trainer {
  readonly #digits: Digits;
  readonly #browser: Surroundings;
  readonly #progressed: () => void;
  readonly #changed: (message: string) => void;
  session: Session | undefined;
  /** The training that is stored in the browser. */
  stored: Stored | undefined;
  #current: Phase = 'busy';
  /** Stops the trainings that were asked for, also those that have not begun. */
  #stop = new AbortController();
  /** Settled when all that was asked for has ended. */
  #last: Promise<void> = Promise.resolve();
  /** A training in which a step failed. */
  #failed: Session | undefined;
  /** The number of trainings that were asked for and have no session yet. */
  #building = 0;
  /** The backend before the visitor went to another view, which may use another one. */
  #left: string | undefined;

  /**
   * @param progressed is called after each step.
   * @param changed is called when a new phase has started, with a message for the visitor.
   */
  constructor(digits: Digits, browser: Surroundings, progressed: () => void, changed: (message: string) => void) {
    this.#digits = digits;
    this.#browser = browser;
    this.#progressed = progressed;
    this.#changed = changed;
  }

  get phase(): Phase {
    return this.#current;
  }

  /** Whether there is a training, or one is being built. */
  get occupied(): boolean {
    return this.session !== undefined || this.#building > 0;
  }

  /**
   * Looks for a stored training. @throws if the browser has no storage, or if it cannot be read. Training works even
   * then.
   */
  async begin(): Promise<void> {
    await this.#inTurn(async () => {
      try {
        this.stored = await this.#browser.stored();
      } finally {
        this.#enter(
          this.#rest,
          this.stored === undefined
            ? 'Ready.'
            : `Ready. A training saved at step ${this.stored.step} can be restored.`,
        );
      }
    });
  }

  /** Trains until the end, a pause or `n` steps. Starts a new training if there is none. */
  async train(setup: Setup, n = Infinity): Promise<void> {
    // A pause counts from now on, also before the first step.
    const {signal} = this.#stop;
    this.#building++;
    await this.#inTurn(async () => {
      try {
        this.session ??= await this.#busy(`Starting ${setup.backend}.`, async () => {
          await this.#browser.start(setup.backend);
          return Session.start(setup, this.#digits);
        });
      } finally {
        this.#building--;
      }
      await this.#rounds(this.session, n, signal);
    });
  }

  /** Adds a cycle to a finished training. `train` then goes on. @returns the session; undefined if none is finished. */
  addCycle(): Session | undefined {
    const {session} = this;
    if (session === undefined || this.#current !== 'finished') return undefined;
    session.addCycle();
    return session;
  }

  /** Pauses, because another view may use another backend. */
  async leave(): Promise<void> {
    await this.pause();
    this.#left = this.#browser.backend();
  }

  /** Starts the backend again that was there before another view was shown. */
  async comeBack(): Promise<void> {
    const left = this.#left;
    if (left === undefined) return;
    this.#left = undefined;
    await this.#inTurn(() => this.#browser.start(left));
  }

  /** Resolves when the present step, and what else was asked for, has ended. */
  async pause(): Promise<void> {
    this.#halt();
    await this.#last;
  }

  async reset(): Promise<void> {
    this.#halt();
    await this.#inTurn(() => {
      this.session?.dispose();
      this.session = undefined;
      this.#enter(this.#rest, 'Ready.');
    });
  }

  /** Pauses the training and saves it in the browser. */
  async save(): Promise<void> {
    this.#halt();
    await this.#inTurn(async () => {
      const {session} = this;
      if (session === undefined) return;
      await this.#busy(
        'Saving.',
        async () => {
          await this.#browser.save(session);
          this.stored = await this.#browser.stored();
        },
        () => `Saved at step ${session.step}.`,
      );
    });
  }

  /** Replaces the training by the stored one. If that fails, the training stays. */
  async restore(): Promise<void> {
    await this.#inTurn(async () => {
      const {stored: saved, session: before} = this;
      if (saved === undefined) return;
      await this.#busy(
        'Restoring.',
        async () => {
          try {
            await this.#browser.start(saved.setup.backend);
            this.session = await this.#browser.restore(saved, this.#digits);
          } catch (error) {
            if (before !== undefined) await this.#browser.start(before.setup.backend);
            throw error;
          }
          before?.dispose();
        },
        () => `Restored at step ${saved.step}.`,
      );
    });
  }

  /**
   * Uses the device for something other than training.
   * @param done gives the message for the visitor at the end.
   */
  async during<T>(message: string, act: () => Promise<T>, done?: (result: T) => string): Promise<T> {
    return this.#inTurn(() => this.#busy(message, act, done));
  }

  async #busy<T>(message: string, act: () => Promise<T>, done: (result: T) => string = () => ''): Promise<T> {
    this.#enter('busy', message);
    let end = 'Stopped.';
    try {
      const result = await act();
      end = done(result);
      return result;
    } finally {
      this.#enter(this.#rest, end);
    }
  }

  async #rounds(session: Session, n: number, signal: AbortSignal): Promise<void> {
    this.#enter('training', `Training ${session.contestants.length} optimizers on ${session.setup.backend}.`);
    try {
      for (let i = 0; i < n && !session.finished && !signal.aborted; i++) {
        await session.round();
        this.#progressed();
      }
    } catch (error) {
      this.#failed = session;
      this.#enter('failed', '');
      throw error;
    }
    this.#enter(this.#rest, session.finished ? `Finished. ${session.verdict}` : `Paused at step ${session.step}.`);
  }

  /** The phase while nothing happens. */
  get #rest(): Phase {
    const {session} = this;
    if (session === undefined) return 'ready';
    if (session === this.#failed) return 'failed';
    return session.finished ? 'finished' : 'paused';
  }

  /** Stops after the present step. What is asked for from now on is not stopped. */
  #halt(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    if (this.#current === 'training') this.#changed('Pausing after this step.');
  }

  /** Acts when all that was asked before has ended, failed or not. */
  async #inTurn<T>(act: () => T | Promise<T>): Promise<T> {
    const acting = this.#last.then(act);
    // Whoever comes next waits for the end. The caller gets the error.
    this.#last = acting.then(
      () => undefined,
      () => undefined,
    );
    return acting;
  }

  #enter(phase: Phase, message: string): void {
    this.#current = phase;
    this.#changed(message);
  }
}
