import {assertWasmBackend} from '../../../src/wasm/backend';
import {startOn, type WasmThreads} from '../../../src/wasm_threads/start';
import {tf} from '../../support/tfjs';

/** Starts threads that also share the smallest work. */
export function startThreads(count: number, patience = 20_000): Promise<WasmThreads> {
  return startOn(assertWasmBackend(tf.backend()), {count, leastWork: 1, patience});
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
