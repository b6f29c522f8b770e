import {own} from '../util/own';
import {warnOnce} from '../util/warn';
import type {Values} from './arithmetic';
import type {Callback, Draft} from './declaration';
import type {ExtraReturned} from './extras';
import {checkEntry, entriesReturned, undeclared, WANTED, what} from './returned';
import {entriesOf, like} from './run_chain';
import type {Value} from './value';

/** Takes `shared` and `skip` of what a callback returns. */
export function extraReturned<V extends Value>(
  cb: Callback,
  draft: Draft<V>,
  arithmetic: Values<V>,
): ExtraReturned<V> {
  const {shared, skips} = cb.declaration;
  const isShared = Object.keys(shared).length > 0;
  let after: ReadonlyMap<string, V> = new Map();
  let skip: V | undefined;
  return {
    names: [...(isShared ? ['shared'] : []), ...(skips ? ['skip'] : [])],
    take: (entry, value) => {
      if (entry === 'skip' && skips) {
        if (!arithmetic.isValue(value) || value.rank !== 0)
          throw new Error(
            `${cb.name} returned ${what(value)} for 'skip'; it must return a scalar, as in {skip: total.faults}.`,
          );
        skip = value;
        return true;
      }
      if (entry !== 'shared' || !isShared) return false;
      after = sharedReturned(cb, value, arithmetic);
      return true;
    },
    share: () => {
      if (isShared) arithmetic.shared.leave(cb, gated(after, draft, arithmetic));
    },
    openGate: p => {
      if (skip !== undefined) draft.gate = {skip, p, entries: {...draft.entries}};
    },
  };
}

export function warnUnread(by: string, step: string): void {
  warnOnce(
    `${by} returned a gradient that no callback read in a step. Put ${by} before all that read the gradient, such as ` +
      `averages; or let ${step} read \`grad\` in each call.`,
  );
}

/** Shared numbers that stay where a callback before has skipped the step. */
function gated<V extends Value>(
  values: ReadonlyMap<string, V>,
  {gate}: Draft<V>,
  arithmetic: Values<V>,
): ReadonlyMap<string, V> {
  if (gate === undefined) return values;
  return new Map(
    [...values].map(([entry, value]) => [entry, arithmetic.chosen(gate.skip, arithmetic.shared.before(entry), value)]),
  );
}

/** The new values of shared numbers that a callback returned. */
function sharedReturned<V extends Value>(cb: Callback, values: unknown, arithmetic: Values<V>): Map<string, V> {
  const known = cb.declaration.shared;
  const checked = new Map<string, V>();
  for (const [entry, value] of entriesOf(entriesReturned(`${cb.name}: shared`, values, WANTED.shared))) {
    if (!Object.hasOwn(known, entry)) throw undeclared(`${cb.name}: shared`, entry, Object.keys(known));
    if (value === undefined) continue;
    checkEntry(cb.name, `shared.${entry}`, value);
    checked.set(entry, like(cb, `shared.${entry}`, value, arithmetic.shared.before(entry), arithmetic));
  }
  return checked;
}

/** Where the step is skipped, gives a parameter and its state what they were at the gate. */
export function closeGate<V extends Value>(draft: Draft<V>, arithmetic: Values<V>): void {
  const {gate, entries} = draft;
  if (gate === undefined) return;
  if (draft.p !== gate.p) draft.p = arithmetic.chosen(gate.skip, gate.p, draft.p);
  for (const [entry, value] of Object.entries(entries)) {
    const before = own(gate.entries, entry);
    // A wrapped optimizer tells no starts. Its state starts with gradients of zeros where the step is skipped.
    if (typeof value !== 'number' && typeof before === 'object' && value !== before)
      entries[entry] = arithmetic.chosen(gate.skip, before, value);
  }
}

/** @throws where an option of a callback that skips steps differs between groups: it would skip a part of the step. */
export function checkOptions<V extends Value>({name, options}: Callback, drafts: ReadonlyArray<Draft<V>>): void {
  for (const option of Object.keys(options)) {
    const values = new Set(drafts.map(({hypers}) => own(hypers, option)));
    if (values.size > 1)
      throw new Error(
        `${name}: '${option}' must be the same in all groups, so that a step is skipped for all or for none; ` +
          `got ${[...values].join(' and ')}.`,
      );
  }
}
