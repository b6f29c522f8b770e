// What a run shows while it goes on: a line per suite that ended, failures at once, and now and then what takes long.
const SILENCE_MS = 15_000;

/** The counts of a run, and its lines. @param verbose whether to name passed specs. */
export class Progress {
  passed = 0;
  failed = 0;
  #verbose;
  #current = new Map();
  #lastLine = Date.now();
  #timer = globalThis.setInterval(() => {
    this.#sayWhatRuns();
  }, 1000);

  constructor({verbose}) {
    this.#verbose = verbose;
    this.#timer.unref();
  }

  /** @param text what to show of a pass, which its place and suite name. */
  say({place, suite}, text) {
    this.#lastLine = Date.now();
    console.log(`${place.padEnd(6)} ${suite.padEnd(7)} ${text}`);
  }

  /** A spec begins. @param path the names of the suites around it, and its own. */
  specStarted(pass, path) {
    const [suite = ''] = path;
    const running = this.#current.get(pass);
    if (running?.suite !== suite) {
      this.suiteEnded(pass);
      this.#current.set(pass, {suite, passed: 0, failed: 0, began: Date.now(), spec: path});
    } else running.spec = path;
  }

  /** A spec ended. @param messages what failed; none where it passed. */
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

  /** The suite that runs in this pass ended. */
  suiteEnded(pass) {
    const running = this.#current.get(pass);
    if (running === undefined) return;
    this.#current.delete(pass);
    const {suite, passed, failed, began} = running;
    this.say(
      pass,
      `${suite}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}, ${((Date.now() - began) / 1000).toFixed(1)} s`,
    );
  }

  /** A pass could not run to its end. */
  broken(pass, why) {
    this.failed++;
    this.say(pass, `FAILED: ${why}`);
  }

  #sayWhatRuns() {
    if (Date.now() - this.#lastLine < SILENCE_MS) return;
    for (const [pass, {spec}] of this.#current) this.say(pass, `… ${spec.join(' ')}`);
  }
}
