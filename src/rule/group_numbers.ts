import {own} from '../util/own';
import type {Callback, GroupStep, Scalar} from './declaration';
import {entriesReturned, undeclared, WANTED, what} from './returned';

/**
 * The host numbers of one parameter group in a step. Each callback with `groupState` computes its new ones once, before
 * it runs on the group's first parameter.
 */
export class GroupNumbers implements GroupStep {
  readonly #ran = new Set<Callback>();
  #now: Readonly<Record<string, number>>;

  /** @param before the numbers before the step. */
  constructor(readonly before: Readonly<Record<string, number>>) {
    this.#now = before;
  }

  get now(): Readonly<Record<string, number>> {
    return this.#now;
  }

  /** Advances those callbacks that do so in every step. */
  advancedBy(callbacks: readonly Callback[], hypers: Readonly<Record<string, Scalar>>): this {
    for (const cb of callbacks) if (cb.declaration.everyGroup) this.advance(cb, hypers);
    return this;
  }

  advance(cb: Callback, hypers: Readonly<Record<string, Scalar>>): void {
    const {declaration, options} = cb;
    const {groupState} = declaration;
    if (declaration.group === undefined || this.#ran.has(cb)) return;
    const context: Record<string, Scalar | undefined> = {...options, ...this.#now};
    for (const name of Object.keys({...declaration.hypers, ...options}))
      context[name] = own(hypers, name) ?? context[name];
    const who = `${cb.name}: group`;
    const changed: Record<string, number> = {};
    for (const [name, value] of Object.entries<unknown>({
      ...entriesReturned(who, declaration.group(context), WANTED.group),
    })) {
      if (!Object.hasOwn(groupState, name)) throw undeclared(who, name, Object.keys(groupState));
      if (value === undefined) continue;
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw new Error(`${who} returned ${what(value)} for '${name}'; it must return a finite number.`);
      changed[name] = value;
    }
    this.#now = {...this.#now, ...changed};
    this.#ran.add(cb);
  }
}
