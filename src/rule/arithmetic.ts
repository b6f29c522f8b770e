import type {Callback, Draft} from './declaration';
import type {ValueTests} from './returned';
import type {SharedRun} from './shared_run';
import type {Value} from './value';

/** What the argument of a callback is made from, besides its draft. */
export interface ContextValues<V extends Value> extends ValueTests<V> {
  /** The numbers that belong to no parameter. */
  readonly shared: SharedRun<V>;
}

/** The kind of values that a chain computes with. */
export interface Values<V extends Value> extends ContextValues<V> {
  /** `a - b`. */
  difference(a: V, b: V): V;
  /** The sum of one total over all drafts. */
  sum(name: string, perDraft: readonly V[]): V;
  /** `then` where the scalar `condition` is positive, `otherwise` elsewhere. */
  chosen(condition: V, then: V, otherwise: V): V;
}

/** Everything that differs between computing with tensors and tracing. */
export interface Arithmetic<V extends Value, D extends Draft<V>> extends Values<V> {
  /** Runs a segment of one draft. Afterwards, tensors that the draft no longer holds can be disposed. */
  scope(draft: D, run: () => void): void;
  /** Called before a callback, or its total, runs. @param draft that of a total. */
  enter(index: number, draft?: D): void;
  /** Whether the callback runs on all drafts at once instead of on each. */
  runsAlone(index: number, cb: Callback): boolean;
  /** Runs such a callback. */
  runAlone(index: number, cb: Callback, drafts: readonly D[]): void;
}
