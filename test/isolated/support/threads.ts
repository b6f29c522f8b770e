import {assertWasmBackend} from '../../../src/wasm/backend';
import {SharesOfRun} from '../../../src/wasm_threads/shares_of_run';
import {startOn, type WasmThreads} from '../../../src/wasm_threads/start';
import {tf} from '../../support/tfjs';

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
