import type {Race} from './race';

/** The most milliseconds of steps per frame: half of a 60th of a second stays free for the page. */
const BUDGET = 6;
/** After a longer pause between two frames, such as of a hidden page, the steps in between are left out. */
const LONGEST = 100;

/** Makes the steps of a race frame by frame, at the chosen speed. */
export class Player {
  readonly #moved: () => void;
  readonly #stopped: () => void;
  #race: Race | undefined;
  #frame: number | undefined;
  #last = 0;
  /** The share of a step that is due. */
  #due = 0;
  /** Steps per second. */
  speed: number;

  /**
   * @param moved is called after the steps of a frame.
   * @param stopped is called when the race has finished.
   */
  constructor(speed: number, moved: () => void, stopped: () => void) {
    this.speed = speed;
    this.#moved = moved;
    this.#stopped = stopped;
  }

  get playing(): boolean {
    return this.#frame !== undefined;
  }

  play(race: Race): void {
    this.pause();
    this.#race = race;
    this.#last = performance.now();
    this.#due = 0;
    this.#next();
  }

  pause(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  #next(): void {
    this.#frame = requestAnimationFrame(() => {
      this.#advance();
    });
  }

  #advance(): void {
    const race = this.#race;
    if (race === undefined) return;
    const start = performance.now();
    this.#due += (Math.min(start - this.#last, LONGEST) / 1000) * this.speed;
    this.#last = start;
    while (this.#due >= 1 && !race.finished && performance.now() - start < BUDGET) {
      race.advance();
      this.#due--;
    }
    // Where the device is too slow for the speed, the race is slower.
    this.#due = Math.min(this.#due, 1);
    this.#next();
    if (race.finished) this.pause();
    this.#moved();
    if (race.finished) this.#stopped();
  }
}
