import {resolve} from 'node:path';

/** One promise per folder; it settles when the last run has ended. */
const last = new Map<string, Promise<unknown>>();

/** Calls `run` when all earlier runs for the folder have ended, with or without an error. */
export async function inTurn<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const key = resolve(folder);
  // Absent where no run is under way.
  const before = last.get(key) ?? Promise.resolve();
  const result = before.then(run);
  const ended = result.catch(() => undefined);
  last.set(key, ended);
  try {
    return await result;
  } finally {
    if (last.get(key) === ended) last.delete(key);
  }
}
