import {start} from './backends';
import type {Digits} from './digits';
import {Session} from './session';
import type {Setup} from './setup';
import {restore, save, type Stored, stored} from './storage';

/**
 * `busy`: something else than training has the device. `failed`: a step broke off, so that the contestants may differ
 * by a step.
 */
export type Phase = 'ready' | 'busy' | 'training' | 'paused' | 'finished' | 'failed';

/** The one training of the page, and what can be done with it. */
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
   * @param progressed called after each step.
   * @param changed called when another phase has begun, with what to tell the visitor.
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
   * Looks for a stored training. @throws where the browser has no storage, or no readable one; training works all the
   * same.
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

  /** Trains until it is finished or paused, or `n` steps; begins a training where there is none. */
  async train(setup: Setup, n = Infinity): Promise<void> {
    if (this.session === undefined) {
      this.session = await this.during(`Starting ${setup.backend}.`, async () => {
        await start(setup.backend);
        return Session.start(setup, this.#digits);
      });
    }
    const rounds = this.#rounds(this.session, n);
    // Those who wait for the end don't ask how it came; this function throws what it threw.
    this.#running = rounds.catch(() => undefined);
    await rounds;
  }

  /** Resolves when the step that is being made is through. */
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

  /** Saves the training in the browser, paused. */
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

  /** Puts the stored training in place of the one there is, which stays if that fails. */
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
   * Has the device for something else than training.
   * @param done what to tell the visitor at the end.
   */
  async during<T>(message: string, act: () => Promise<T>, done: (result: T) => string = () => ''): Promise<T> {
    this.#enter('busy', message);
    let end = 'Stopped.';
    try {
      const result = await act();
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
