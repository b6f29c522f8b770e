import {assertWasmBackend} from '../../../src/wasm/backend';
import {divided} from '../../../src/wasm/threads';
import {SharesOfRun} from '../../../src/wasm_threads/shares_of_run';
import {startOn, type WasmThreads} from '../../../src/wasm_threads/start';
import {tf} from '../../support/tfjs';

/** Whether threads share large work on this memory. */
export function hasThreads(memory: WebAssembly.Memory): boolean {
  return divided(memory, {parts: 2, work: 2 ** 40}).threads === 2;
}

/** Starts threads that also share the smallest work. */
export function startThreads(count: number, patience = 20_000): Promise<WasmThreads> {
  return startOn(assertWasmBackend(tf.backend()), {count, leastWork: 1, patience});
}

/** Until the end of the spec, the calling thread does its first share only, and workers do all others. */
export function leaveToWorkers(): void {
  spyOn(SharesOfRun.prototype, 'take').and.returnValue(undefined);
}

/** The result of `act` while threads run. */
export async function withThreads<T>(count: number, act: () => T | Promise<T>): Promise<T> {
  const {stop} = await startThreads(count);
  try {
    return await act();
  } finally {
    stop();
  }
}
