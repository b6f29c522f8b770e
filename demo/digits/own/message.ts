/** A line that says what happens, for everyone: screen readers read it when it changes. */
export class Message {
  readonly #line: HTMLElement;
  readonly #changed: () => void;

  /** @param changed is called when something that was guarded has begun, and when it has ended. */
  constructor(line: HTMLElement, changed: () => void) {
    this.#line = line;
    this.#changed = changed;
  }

  say(text: string, isError = false): void {
    this.#line.textContent = text;
    this.#line.classList.toggle('error', isError);
  }

  fail(error: unknown): void {
    this.say(error instanceof Error ? error.message : String(error), true);
  }

  /** Acts. If it fails, the line says why. */
  guarded(act: () => Promise<unknown>): void {
    // Also what fails at once is a rejection then.
    const acting = (async () => act())();
    this.#changed();
    acting
      .catch((error: unknown) => {
        this.fail(error);
      })
      .finally(this.#changed);
  }
}
