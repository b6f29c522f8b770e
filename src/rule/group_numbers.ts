import {own} from '../util/own';
import type {Callback, Context, GroupStep, Scalar} from './declaration';
import {entriesReturned, WANTED, what} from './returned';

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

  advance(cb: Callback, hypers: Readonly<Record<string, Scalar>>): void {
    const {declaration} = cb;
    const {groupState} = declaration;
    if (declaration.group === undefined || this.#ran.has(cb)) return;
    const changed: Record<string, number> = {};
    const returned = entriesReturned(
      `${cb.name}: group`,
      declaration.group(this.#contextOf(cb, hypers)),
      WANTED.group,
    );
    for (const [name, value] of Object.entries<unknown>({...returned})) {
      if (!Object.hasOwn(groupState, name))
        throw new Error(
          `${cb.name}: group returned '${name}', which groupState does not declare; ` +
            `it may return ${Object.keys(groupState).join(', ')}.`,
        );
      if (value === undefined) continue;
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw new Error(`${cb.name}: group returned ${what(value)} for '${name}'; it must return a finite number.`);
      changed[name] = value;
    }
    this.#now = {...this.#now, ...changed};
    this.#ran.add(cb);
  }

  #contextOf({declaration, options}: Callback, hypers: Readonly<Record<string, Scalar>>): Context {
    const context: Record<string, Scalar> = {};
    for (const [name, value] of Object.entries({...declaration.hypers, ...options, ...declaration.groupState})) {
      const known = own(hypers, name) ?? own(this.#now, name) ?? value;
      if (typeof known !== 'object') context[name] = known;
    }
    return context;
  }
}
