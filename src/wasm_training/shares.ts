import {memoryOf, type WasmBackend} from '../wasm/backend';
import {divided, type Divisible, type Share, share} from '../wasm/threads';
import {withScratch} from './scratch';

interface WorkWithScratch extends Divisible {
  /** The number of uninitialized numbers that each share needs in the memory. */
  readonly scratch?: number;
}

/** A share, with the offset of its own scratch memory. */
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
  {scratch = 0, ...work}: WorkWithScratch,
  act: (share: ShareWithScratch) => void,
): void {
  const division = divided(memoryOf(backend), work);
  const floats = Math.ceil(scratch / LINE) * LINE;
  const run = (at: number): void => {
    share(memoryOf(backend), division, each => {
      act({...each, scratch: at + 4 * floats * each.index});
    });
  };
  if (floats === 0) run(0);
  else withScratch(backend, division.shares * floats, run);
}
