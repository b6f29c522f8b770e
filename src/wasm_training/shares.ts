import {memoryOf, type WasmBackend} from '../wasm/backend';
import {share, type Share, threadsFor, type Work} from '../wasm/threads';
import {withScratch} from './scratch';

interface WorkWithScratch extends Work {
  /** The number of uninitialized numbers that each thread needs in the memory. */
  readonly scratch?: number;
}

/** A share, with the offset of the thread's own scratch memory. */
interface ShareWithScratch extends Share {
  readonly scratch: number;
}

/** A cache line holds so many numbers. Threads that write to one line wait for each other. */
const LINE = 16;

/**
 * Where threads share channels, a share begins at a multiple of this number of channels. It is the widest step of
 * `alongChannels`, so each channel is computed by the same instructions as without threads.
 */
export const CHANNELS = 16;

/** Divides work on a backend's memory among its threads. See `share`. */
export function shared(
  backend: WasmBackend,
  {parts, work, scratch = 0}: WorkWithScratch,
  act: (share: ShareWithScratch) => void,
): void {
  const count = threadsFor(memoryOf(backend), {parts, work});
  const floats = Math.ceil(scratch / LINE) * LINE;
  const run = (at: number): void => {
    share(memoryOf(backend), count, parts, each => {
      act({...each, scratch: at + 4 * floats * each.index});
    });
  };
  if (floats === 0) run(0);
  else withScratch(backend, count * floats, run);
}
