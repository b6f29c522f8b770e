// Prints the progress of a run: one line per finished suite, each failure at once, and the specs that take long.
const SILENCE_MS = 15_000;

/** Counts the specs of a run and prints its progress. */
export class Progress {
  passed = 0;
  failed = 0;
  skipped = 0;
  #verbose;
  #current = new Map();
  #lastLine = Date.now();
  #timer = globalThis.setInterval(() => {
    this.#sayWhatRuns();
  }, 1000);

  /** @param verbose whether to print passed specs too. */
  constructor({verbose}) {
    this.#verbose = verbose;
    this.#timer.unref();
  }

  /** Prints a text after the place and the suite of its pass. */
  say({place, suite}, text) {
    this.#lastLine = Date.now();
    console.log(`${place.padEnd(6)} ${suite.padEnd(7)} ${text}`);
  }

  /** A spec starts. @param path the names of its suites, from the outermost one, and its own name. */
  specStarted(pass, path) {
    const [suite] = path;
    const running = this.#current.get(pass);
    if (running?.suite !== suite) {
      this.suiteEnded(pass);
      this.#current.set(pass, {suite, passed: 0, failed: 0, began: Date.now(), spec: path});
    } else running.spec = path;
  }

  /** A spec ended. @param messages the failures; an empty list if it passed. */
  specEnded(pass, path, messages) {
    this.specStarted(pass, path);
    const running = this.#current.get(pass);
    const failed = messages.length > 0;
    if (failed) this.failed++;
    else this.passed++;
    running[failed ? 'failed' : 'passed']++;
    if (failed) this.say(pass, `FAILED ${path.join(' ')}\n${messages.join('\n')}`);
    else if (this.#verbose) this.say(pass, `passed ${path.join(' ')}`);
  }

  /** A spec did not run. @param reason why; empty if it was said for all specs at once. */
  specSkipped(pass, path, reason) {
    this.skipped++;
    if (reason !== '' || this.#verbose) this.say(pass, `SKIPPED ${path.join(' ')}${reason && `: ${reason}`}`);
  }

  /** The present suite of the pass ended. */
  suiteEnded(pass) {
    const running = this.#current.get(pass);
    if (running === undefined) return;
    this.#current.delete(pass);
    const {suite, passed, failed, began} = running;
    // All its specs were left out.
    if (passed + failed === 0) return;
    const failures = failed > 0 ? `, ${failed} failed` : '';
    this.say(pass, `${suite}: ${passed} passed${failures}, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }

  /** A pass failed as a whole. */
  broken(pass, why) {
    this.failed++;
    this.say(pass, `FAILED: ${why}`);
  }

  #sayWhatRuns() {
    if (Date.now() - this.#lastLine < SILENCE_MS) return;
    for (const [pass, {spec}] of this.#current) this.say(pass, `… ${spec.join(' ')}`);
  }
}
