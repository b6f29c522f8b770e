import type {Values} from './arithmetic';
import type {Callback, Declaration, Draft} from './declaration';
import type {Value} from './value';

/** Takes what a callback returns besides its parameter, its gradient and its state: `shared` and `skip`. */
export interface ExtraReturned<V extends Value> {
  /** The names that it may return. */
  readonly names: readonly string[];
  /** Takes an entry. @returns whether it is one of those. */
  take(entry: string, value: unknown): boolean;
  /** Stores the new shared numbers. */
  share(): void;
  /** Where the callback asked to skip the step, stores what the draft holds. @param p the parameter before it. */
  openGate(p: V): void;
}

/**
 * What only callbacks with `shared` or `skips`, and those of users, need. Most pages have none, so it comes with these
 * callbacks.
 */
export interface RuleExtras {
  returned<V extends Value>(cb: Callback, draft: Draft<V>, arithmetic: Values<V>): ExtraReturned<V>;
  /** @throws where an option of a callback that skips steps differs between groups. */
  checkOptions<V extends Value>(cb: Callback, drafts: ReadonlyArray<Draft<V>>): void;
  /** Where the step is skipped, gives a parameter and its state what they were at the gate. */
  closeGate<V extends Value>(draft: Draft<V>, arithmetic: Values<V>): void;
  /** Warns that no callback has read a gradient. @param by the one that returned it. @param step one after it. */
  warnUnread(by: string, step: string): void;
}

/** The declarations of users' steps. A step of a user may read the gradient in some calls only. */
export const stepsOfUsers = new WeakSet<Declaration>();

let registered: RuleExtras | undefined;

export function registerRuleExtras(extras: RuleExtras): void {
  registered = extras;
}

/** Must be called only where a callback brings them along. */
export function ruleExtras(): RuleExtras {
  if (registered === undefined) throw new Error('A callback with `shared` or `skips` must install what they need.');
  return registered;
}
