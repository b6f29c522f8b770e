// Prints the progress of a run: one line per finished suite, each failure at once, and the specs that take long.
const SILENCE_MS = 15_000;
/** How many suites and specs `--times` lists. */
const SLOWEST = 40;

/** Counts the specs of a run and prints its progress. */
export class Progress {
  passed = 0;
  failed = 0;
  skipped = 0;
  #verbose;
  #times;
  #suites = [];
  #failures = [];
  #specs = [];
  #current = new Map();
  #lastLine = Date.now();
  #timer = globalThis.setInterval(() => {
    this.#sayWhatRuns();
  }, 1000);

  /** @param verbose whether to print passed specs too. @param times whether to print what took longest. */
  constructor({verbose, times}) {
    this.#verbose = verbose;
    this.#times = times;
    this.#timer.unref();
  }

  /** Prints a text after the place and the suite of its pass. */
  say({place, suite}, text) {
    this.#lastLine = Date.now();
    console.log(`${place.padEnd(6)} ${suite.padEnd(8)} ${text}`);
  }

  /** A spec starts. @param path the names of its suites, from the outermost one, and its own name. */
  specStarted(pass, path) {
    const [suite] = path;
    const running = this.#current.get(pass);
    if (running?.suite !== suite) {
      this.suiteEnded(pass);
      const cpu = this.#times ? pass.cpuSeconds?.() : undefined;
      this.#current.set(pass, {suite, passed: 0, failed: 0, began: Date.now(), cpu, spec: path});
    } else running.spec = path;
  }

  /** A spec ended. @param messages the failures; an empty list if it passed. @param ms how long it took. */
  specEnded(pass, path, messages, ms = 0) {
    this.specStarted(pass, path);
    if (this.#times) this.#specs.push({pass, name: path.join(' '), seconds: ms / 1000});
    const running = this.#current.get(pass);
    const failed = messages.length > 0;
    if (!failed) this.passed++;
    running[failed ? 'failed' : 'passed']++;
    if (failed) this.#fail(pass, `FAILED ${path.join(' ')}\n${messages.join('\n')}`);
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
    const {suite, passed, failed, began, cpu} = running;
    // All its specs were left out.
    if (passed + failed === 0) return;
    const failures = failed > 0 ? `, ${failed} failed` : '';
    const seconds = (Date.now() - began) / 1000;
    // Of a process that ended already, the time is not known any more.
    const used = cpu === undefined ? undefined : Math.max(pass.cpuSeconds() - cpu, 0);
    this.#suites.push({pass, name: suite, seconds: used ?? seconds});
    const processor = used === undefined ? '' : `, ${used.toFixed(1)} s of the processor`;
    this.say(pass, `${suite}: ${passed} passed${failures}, ${seconds.toFixed(1)} s${processor}`);
  }

  /** Prints which suites and specs took longest. The times of suites are the processor's, where those are known. */
  sayTimes() {
    for (const place of new Set(this.#suites.map(({pass}) => pass.place))) {
      const mine = this.#suites.filter(({pass}) => pass.place === place);
      console.log(`\n${place}: ${mine.reduce((sum, {seconds}) => sum + seconds, 0).toFixed(0)} s in all suites`);
    }
    for (const [what, list] of [
      ['suites', this.#suites],
      ['specs', this.#specs],
    ]) {
      console.log(`\nThe slowest ${what}, in seconds:`);
      const slowest = [...list].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
      for (const {pass, name, seconds} of slowest)
        console.log(`${seconds.toFixed(1).padStart(7)}  ${pass.place.padEnd(6)} ${name}`);
    }
  }

  /** A pass failed as a whole. */
  broken(pass, why) {
    this.#fail(pass, `FAILED: ${why}`);
  }

  /** Prints all failures once more, since a reader of a long log looks at its end first. */
  sayFailures() {
    if (this.#failures.length === 0) return;
    console.log('\nAll failures once more:');
    for (const {pass, text} of this.#failures) this.say(pass, text);
  }

  #fail(pass, text) {
    this.failed++;
    this.#failures.push({pass, text});
    this.say(pass, text);
  }

  #sayWhatRuns() {
    if (Date.now() - this.#lastLine < SILENCE_MS) return;
    for (const [pass, {spec}] of this.#current) this.say(pass, `… ${spec.join(' ')}`);
  }
}
