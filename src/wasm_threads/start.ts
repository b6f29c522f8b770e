import {backend, engine, env} from '@tensorflow/tfjs-core';

import {checkOptions} from '../util/options';
import {registerOnce} from '../util/register_once';
import {shown} from '../util/shown';
import {assertWasmBackend, memoryOf, type WasmBackend} from '../wasm/backend';
import {isShared} from '../wasm/instance';
import {MOST_THREADS} from './board';
import {Crew} from './crew';

/** Options of `startWasmThreads`. */
export interface WasmThreadsOptions {
  /**
   * The number of threads, with the thread that calls: a whole number from 1 to 64. Default: the number of the
   * processor's threads (`navigator.hardwareConcurrency`), but at most 8. `setThreadsCount` of tfjs-backend-wasm is for
   * TensorFlow.js's own threads, and does not change it.
   */
  readonly threads?: number;
}

/** Running threads. */
export interface WasmThreads {
  /** The number of threads, with the thread that calls. */
  readonly threads: number;
  /** Ends the workers. From then on, one thread computes everything. A second call does nothing. */
  readonly stop: () => void;
}

/** Less work takes longer with a second thread; see docs/wasm_threads.md. */
export const LEAST_WORK = 2 ** 20;

/** By default, a page leaves the other cores to other programs. */
const MOST_BY_DEFAULT = 8;

/** Milliseconds that a worker may take for one command. Commands take milliseconds. */
const PATIENCE = 20_000;

const BACKEND = 'wasm';

/** A kernel that nothing calls. Its disposal runs where the backend is removed. */
const AT_END = 'TfjsOptimWasmThreads';

let running: Crew | undefined;

/**
 * Starts threads that share the work of this package's kernels for the WASM backend: those of
 * `tfjs-optim/wasm-training`, and the optimizers' fused steps (`tfjs-optim/wasm`). Results do not depend on the number
 * of threads, not by a bit: only outputs that do not depend on each other are divided. Small tensors stay on one
 * thread.
 *
 * It must be called after `tf.setBackend('wasm')`, and again where the backend was removed and started again. A call
 * while threads run replaces them. The threads end with the page, with `stop()` and with `tf.removeBackend('wasm')`.
 * They sleep while nothing is computed on the WASM backend.
 *
 * The page must be cross-origin isolated: its server sends `Cross-Origin-Opener-Policy: same-origin` and
 * `Cross-Origin-Embedder-Policy: require-corp`. Only then TensorFlow.js loads its build with shared memory. In Node it
 * can't be loaded, so there are no threads.
 * @returns the running threads.
 * @throws (rejects) in Node, on a page that is not cross-origin isolated, where the WASM backend is not the current one
 *   or has no shared memory, and where the page's policy forbids workers from blob URLs. Everything then runs on one
 *   thread, as before.
 * @example
 * ```ts checked
 * import {startWasmThreads} from 'tfjs-optim/wasm-threads';
 *
 * await tf.setBackend('wasm');
 * if (crossOriginIsolated) {
 *   const {threads, stop} = await startWasmThreads();
 *   console.log(`${threads} threads`);
 * }
 * ```
 */
export async function startWasmThreads(options: WasmThreadsOptions = {}, ...more: undefined[]): Promise<WasmThreads> {
  const asked = threadsOf(options, more);
  checkPlace();
  const wasm = assertWasmBackend(backend());
  const memory = memoryOf(wasm);
  if (!isShared(memory))
    throw new Error(
      'startWasmThreads needs the build of tfjs-backend-wasm with threads, but another build was loaded. Call ' +
        'setWasmPaths instead of setWasmPath, and leave the flag WASM_HAS_MULTITHREAD_SUPPORT as it is, before ' +
        "tf.setBackend('wasm').",
    );
  return startOn(wasm, {count: asked ?? defaultThreads(), leastWork: LEAST_WORK, patience: PATIENCE});
}

/** Starts threads for this backend, in place of those that run. */
export async function startOn(wasm: WasmBackend, settings: Parameters<typeof Crew.start>[1]): Promise<WasmThreads> {
  registerOnce({
    kernelName: AT_END,
    backendName: BACKEND,
    // Unreachable: nothing calls it.
    kernelFunc: () => [],
    disposeFunc: () => running?.stop(),
  });
  const crew = await Crew.start(memoryOf(wasm), settings);
  const current: unknown = engine().registry[BACKEND];
  if (current !== wasm) {
    crew.stop();
    throw new Error('The WASM backend was removed while startWasmThreads started its threads. Call it again.');
  }
  running?.stop();
  running = crew;
  return {
    threads: crew.count,
    stop: () => {
      crew.stop();
    },
  };
}

function threadsOf(options: WasmThreadsOptions, more: readonly unknown[]): number | undefined {
  checkOptions('startWasmThreads', options, {threads: 2}, more);
  const {threads} = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    throw new Error(`'threads' must be a whole number from 1 to ${MOST_THREADS}; got ${shown(threads)}.`);
  return threads;
}

function checkPlace(): void {
  if (env().getBool('IS_NODE'))
    throw new Error(
      'startWasmThreads works in browsers only. In Node, TensorFlow.js cannot load its WASM build with threads, so ' +
        'its memory is not shared, and one thread computes everything. Remove the call.',
    );
  // Older browsers do not know it.
  const isolated: unknown = Reflect.get(globalThis, 'crossOriginIsolated');
  if (isolated !== true)
    throw new Error(
      'startWasmThreads needs a cross-origin isolated page, because others have no shared memory. Let the server ' +
        'send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp ' +
        'with the page. Without threads, leave out the call: if (crossOriginIsolated) await startWasmThreads();',
    );
}

function defaultThreads(): number {
  return Math.min(navigator.hardwareConcurrency, MOST_BY_DEFAULT);
}
