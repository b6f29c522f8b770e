import {addThreads, CALLING, removeThreads, type Thread, type Threads} from '../wasm/threads';
import {newMailbox} from './mailbox';
import {WORKER_TEXT} from './worker_text';
import {NoAnswer, WorkerThread} from './worker_thread';

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
  readonly #workers: readonly WorkerThread[];

  private constructor(
    memory: WebAssembly.Memory,
    workers: readonly WorkerThread[],
    {count, leastWork, patience}: CrewSettings,
  ) {
    this.count = count;
    this.leastWork = leastWork;
    this.#patience = patience;
    this.#memory = memory;
    this.#workers = workers;
  }

  /**
   * Starts the workers. From then on they share the work on `memory`.
   * @throws (rejects) where the page may not start workers. Then none is left.
   */
  static async start(memory: WebAssembly.Memory, settings: CrewSettings): Promise<Crew> {
    const url = URL.createObjectURL(new Blob([WORKER_TEXT], {type: 'text/javascript'}));
    const starting = Array.from({length: settings.count - 1}, () => startWorker(url, memory, settings.patience));
    const outcomes = await Promise.allSettled(starting);
    URL.revokeObjectURL(url);
    const workers = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const failed = outcomes.find(outcome => outcome.status === 'rejected');
    if (failed !== undefined) {
      for (const worker of workers) worker.stop();
      throw asError(failed.reason);
    }
    const crew = new Crew(memory, workers, settings);
    addThreads(memory, crew);
    return crew;
  }

  run(shares: number, act: (thread: Thread, index: number) => void): void {
    const working = new Array<WorkerThread>();
    const errors = new Array<Error>();
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        errors.push(asError(error));
      }
    };
    for (const [i, worker] of this.#workers.slice(0, shares - 1).entries()) {
      if (errors.length > 0) break;
      working.push(worker);
      attempt(() => {
        worker.begin();
        act(worker, i + 1);
      });
      worker.end();
    }
    if (errors.length === 0)
      attempt(() => {
        act(CALLING, 0);
      });
    // Also after an error: the caller may free memory that the others still write to.
    for (const worker of working)
      attempt(() => {
        worker.join();
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
    for (const worker of this.#workers) worker.stop();
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function startWorker(url: string, memory: WebAssembly.Memory, patience: number): Promise<WorkerThread> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, {name: 'tfjs-optim'});
    const mailbox = newMailbox();
    worker.onmessage = () => {
      resolve(new WorkerThread(worker, mailbox, patience));
    };
    worker.onerror = event => {
      const {message} = event;
      // Otherwise the page reports it too.
      event.preventDefault();
      worker.terminate();
      reject(
        new Error(
          `startWasmThreads could not start a worker${message ? `: ${message}` : ''}. If a Content-Security-Policy is ` +
            "the reason, add blob: to its worker-src. TensorFlow.js's own threads need the same.",
        ),
      );
    };
    worker.postMessage({mailbox, memory});
  });
}
