import {addThreads, CALLING, type Division, removeThreads, type Thread, type Threads} from '../wasm/threads';
import {BoardFull} from './board';
import {NoAnswer, SharesOfRun} from './shares_of_run';
import {WORKER_TEXT} from './worker_text';

export interface CrewSettings {
  /** The number of threads, with the calling one. */
  readonly count: number;
  /** See `Threads`. */
  readonly leastWork: number;
  /** How many milliseconds a worker may take for one command. */
  readonly patience: number;
}

/** Workers that share the work of the functions on a memory. */
export class Crew implements Threads {
  readonly count: number;
  readonly leastWork: number;
  readonly #patience: number;
  readonly #memory: WebAssembly.Memory;
  readonly #workers: readonly Worker[];
  readonly #run: SharesOfRun;

  private constructor(
    memory: WebAssembly.Memory,
    workers: readonly Worker[],
    run: SharesOfRun,
    {count, leastWork, patience}: CrewSettings,
  ) {
    this.count = count;
    this.leastWork = leastWork;
    this.#patience = patience;
    this.#memory = memory;
    this.#workers = workers;
    this.#run = run;
  }

  /**
   * Starts the workers. From then on they share the work on `memory`.
   * @throws (rejects) where the page may not start workers. Then none is left.
   */
  static async start(memory: WebAssembly.Memory, settings: CrewSettings): Promise<Crew> {
    const count = settings.count - 1;
    const run = new SharesOfRun(count, settings.patience);
    const given = {board: run.board.memory, library: run.library.memory, memory};
    const url = URL.createObjectURL(new Blob([WORKER_TEXT], {type: 'text/javascript'}));
    const outcomes = await Promise.allSettled(
      Array.from({length: count}, (_, worker) => startWorker(url, {...given, worker})),
    );
    URL.revokeObjectURL(url);
    const workers = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const failed = outcomes.find(outcome => outcome.status === 'rejected');
    if (failed !== undefined) {
      for (const worker of workers) worker.terminate();
      throw asError(failed.reason);
    }
    const crew = new Crew(memory, workers, run, settings);
    addThreads(memory, crew);
    return crew;
  }

  run({threads, shares}: Division, act: (thread: Thread, index: number) => void): void {
    const run = this.#run;
    const errors = new Array<Error>();
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        errors.push(asError(error));
      }
    };
    run.begin();
    // The first share is the calling thread's.
    const own = [0, ...writeShares(run, shares, act)];
    run.publish(threads - 1);
    for (const index of own)
      if (errors.length === 0)
        attempt(() => {
          act(CALLING, index);
        });
    // A share that no worker took is done here. After an error, it is left out.
    for (let taken = run.take(); taken !== undefined; taken = run.take()) {
      const index = taken + 1;
      if (errors.length === 0)
        attempt(() => {
          act(CALLING, index);
        });
    }
    // Also after an error: the caller may free memory that workers still write to.
    attempt(() => {
      run.join();
    });
    if (errors.some(error => error instanceof NoAnswer)) {
      this.stop();
      throw new Error(
        `A thread of tfjs-optim made no progress for ${this.#patience / 1000} s, so a part of a kernel's result is ` +
          'missing. The threads are stopped, and one thread goes on. Load the last saved model before you train on: ' +
          'this step may have changed a part of the weights.',
      );
    }
    const [first] = errors;
    if (first !== undefined) throw first;
  }

  /** Ends the workers. From then on, one thread does all work. */
  stop(): void {
    removeThreads(this.#memory, this);
    for (const worker of this.#workers) worker.terminate();
  }
}

/** Writes the commands of all shares but the first. @returns the shares that there was no room for. */
function writeShares(run: SharesOfRun, shares: number, act: (thread: Thread, index: number) => void): number[] {
  for (let i = 1; i < shares; i++) {
    try {
      act(run, i);
    } catch (error) {
      if (!(error instanceof BoardFull)) throw error;
      return Array.from({length: shares - i}, (_, j) => i + j);
    }
    run.endShare();
  }
  return [];
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** @param given what its script takes. */
function startWorker(url: string, given: object): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, {name: 'tfjs-optim'});
    worker.onmessage = () => {
      resolve(worker);
    };
    worker.onerror = event => {
      const {message} = event;
      // Otherwise the page reports it too.
      event.preventDefault();
      worker.terminate();
      reject(
        new Error(
          `startWasmThreads could not start a worker${message ? `: ${message}` : ''}. If a Content-Security-Policy ` +
            "is the reason, add blob: to its worker-src. TensorFlow.js's own threads need the same.",
        ),
      );
    };
    worker.postMessage(given);
  });
}
