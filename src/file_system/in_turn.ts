import {resolve} from 'node:path';

/** By folder: settles when all that was asked for is done. */
const last = new Map<string, Promise<unknown>>();

/** Runs it when everything asked for before in the same folder is through, well or not. */
export async function inTurn<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const key = resolve(folder);
  const before = last.get(key) ?? Promise.resolve();
  const result = before.then(run);
  const through = result.catch(() => undefined);
  last.set(key, through);
  try {
    return await result;
  } finally {
    if (last.get(key) === through) last.delete(key);
  }
}
