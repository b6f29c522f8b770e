import {start} from './backends';
import type {Digits} from './digits';
import {Session} from './session';
import type {Setup} from './setup';
import {restore, save, type Stored, stored} from './storage';

/**
 * `busy`: the device does something other than training. `failed`: a step failed, and the contestants may differ by
 * one step.
 */
export type Phase = 'ready' | 'busy' | 'training' | 'paused' | 'finished' | 'failed';

/** The one training of the page: starts, pauses, resets, saves and restores it. */
export class Trainer {
  readonly #digits: Digits;
  readonly #progressed: () => void;
  readonly #changed: (message: string) => void;
  session: Session | undefined;
  /** The training that is stored in the browser. */
  stored: Stored | undefined;
  #current: Phase = 'busy';
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /**
   * @param progressed is called after each step.
   * @param changed is called when a new phase has started, with a message for the visitor.
   */
  constructor(digits: Digits, progressed: () => void, changed: (message: string) => void) {
    this.#digits = digits;
    this.#progressed = progressed;
    this.#changed = changed;
  }

  get phase(): Phase {
    return this.#current;
  }

  /**
   * Looks for a stored training. @throws if the browser has no storage, or if it cannot be read. Training works even
   * then.
   */
  async begin(): Promise<void> {
    try {
      this.stored = await stored();
    } finally {
      this.#enter(
        'ready',
        this.stored === undefined ? 'Ready.' : `Ready. A training saved at step ${this.stored.step} can be restored.`,
      );
    }
  }

  /** Trains until the end, a pause or `n` steps. Starts a new training if there is none. */
  async train(setup: Setup, n = Infinity): Promise<void> {
    if (this.session === undefined) {
      this.session = await this.during(`Starting ${setup.backend}.`, async () => {
        await start(setup.backend);
        return Session.start(setup, this.#digits);
      });
    }
    const rounds = this.#rounds(this.session, n);
    // `pause` waits for the end of the rounds, failed or not. This function throws their error.
    this.#running = rounds.catch(() => undefined);
    await rounds;
  }

  /** Adds a cycle to a finished training. `train` then goes on. @returns the session; undefined if none is finished. */
  addCycle(): Session | undefined {
    const {session} = this;
    if (session === undefined || this.#current !== 'finished') return undefined;
    session.addCycle();
    return session;
  }

  /** Starts the backend of the training again, after another view has used its own. */
  async resume(): Promise<void> {
    if (this.session !== undefined) await start(this.session.setup.backend);
  }

  /** Resolves when the present step, or what else uses the device, has ended. */
  async pause(): Promise<void> {
    this.#stop.abort();
    if (this.#current === 'training') this.#changed('Pausing after this step.');
    await this.#running;
  }

  async reset(): Promise<void> {
    await this.pause();
    this.session?.dispose();
    this.session = undefined;
    this.#enter('ready', 'Ready.');
  }

  /** Pauses the training and saves it in the browser. */
  async save(): Promise<void> {
    await this.pause();
    const {session} = this;
    if (session === undefined) return;
    await this.during(
      'Saving.',
      async () => {
        await save(session);
        this.stored = await stored();
      },
      () => `Saved at step ${session.step}.`,
    );
  }

  /** Replaces the training by the stored one. If that fails, the training stays. */
  async restore(): Promise<void> {
    const {stored: saved, session: before} = this;
    if (saved === undefined) return;
    await this.during(
      'Restoring.',
      async () => {
        try {
          await start(saved.setup.backend);
          this.session = await restore(saved, this.#digits);
        } catch (error) {
          if (before !== undefined) await start(before.setup.backend);
          throw error;
        }
        before?.dispose();
      },
      () => `Restored at step ${saved.step}.`,
    );
  }

  /**
   * Uses the device for something other than training.
   * @param done gives the message for the visitor at the end.
   */
  async during<T>(message: string, act: () => Promise<T>, done: (result: T) => string = () => ''): Promise<T> {
    this.#enter('busy', message);
    let end = 'Stopped.';
    try {
      const acting = act();
      // `pause` waits for its end, failed or not. This function throws its error.
      this.#running = acting.then(
        () => undefined,
        () => undefined,
      );
      const result = await acting;
      end = done(result);
      return result;
    } finally {
      this.#enter(this.session === undefined ? 'ready' : this.session.finished ? 'finished' : 'paused', end);
    }
  }

  async #rounds(session: Session, n: number): Promise<void> {
    this.#stop = new AbortController();
    const {signal} = this.#stop;
    this.#enter('training', `Training ${session.contestants.length} optimizers on ${session.setup.backend}.`);
    try {
      for (let i = 0; i < n && !session.finished && !signal.aborted; i++) {
        await session.round();
        this.#progressed();
      }
    } catch (error) {
      this.#enter('failed', '');
      throw error;
    }
    if (session.finished) this.#enter('finished', `Finished. ${session.verdict}`);
    else this.#enter('paused', `Paused at step ${session.step}.`);
  }

  #enter(phase: Phase, message: string): void {
    this.#current = phase;
    this.#changed(message);
  }
}
