import type {Callback} from './declaration';
import type {Value} from './value';

function notShared(entry: string): never {
  // Unreachable: callbacks only ask for what their declarations share.
  throw new Error(`'${entry}' is not shared.`);
}

/** The numbers that belong to no parameter, in one run of a chain. */
export class SharedRun<V extends Value> {
  /** The new values by entry. */
  readonly after = new Map<string, V>();
  readonly #ran = new Set<Callback>();

  /** @param before returns an entry's value before the step, a scalar. Default: there are none. */
  constructor(readonly before: (entry: string) => V = notShared) {}

  /** Stores what a callback returned for a parameter. Only what it returned for the first one counts. */
  leave(cb: Callback, values: ReadonlyMap<string, V>): void {
    if (this.#ran.has(cb)) return;
    this.#ran.add(cb);
    for (const [entry, value] of values) this.after.set(entry, value);
  }
}
