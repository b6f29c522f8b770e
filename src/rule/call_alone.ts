import {own} from '../util/own';
import {isPlain, shown} from '../util/shown';
import {isTensor} from '../util/tensors';
import type {Callback, Context, Draft, Scalar} from './declaration';
import {GroupNumbers} from './group_numbers';
import {required} from './required';
import type {ValueTests} from './returned';
import {entriesReturned, WANTED, what} from './returned';
import {contextOf} from './run_chain';
import {SharedRun} from './shared_run';
import type {Value} from './value';

/**
 * Calls one callback as a plain function. Options, hypers and state that are not given get their defaults and starts.
 * @param how `{alone: name}`: the name of a step's update in the result. Without it, the result holds the new `p`.
 *   A number is ignored, so that a list of arguments can be mapped.
 * @throws for another second argument, and for a name where the callback returned no update of its own.
 */
export function callAlone(cb: Callback, at: Context = {}, how?: unknown): object {
  const name = nameOfUpdate(cb, how);
  const {declaration} = cb;
  const p = valueOf(cb, 'p', at['p']);
  const hypers: Record<string, Scalar> = {};
  for (const [name, fallback] of Object.entries({...declaration.hypers, ...cb.options})) {
    const value = own(at, name) ?? fallback;
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new Error(
        `${cb.name} needs the hyper '${name}', a number; got ${value === required ? 'nothing' : what(value)}.`,
      );
    hypers[name] = value;
  }
  const entries: Record<string, Value | number> = {};
  for (const name of Object.keys({...declaration.state, ...declaration.reads, ...declaration.needs})) {
    const given = own(at, name);
    if (given !== undefined || Object.hasOwn(declaration.needs, name))
      entries[name] = typeof given === 'number' ? given : valueOf(cb, name, given);
  }
  const draft: Draft<Value> = {
    before: p,
    p,
    update: at['update'] === undefined ? undefined : valueOf(cb, 'update', at['update']),
    grad: at['grad'] === undefined ? undefined : valueOf(cb, 'grad', at['grad']),
    trains: true,
    doWd: at['doWd'] !== false,
    hypers,
    entries,
    stopped: false,
    of: undefined,
    groups: [groupNumbersOf(cb, at, hypers)],
  };
  const values = {...alone, shared: new SharedRun(entry => sharedOf(cb, at, p, entry))};
  const total =
    declaration.total === undefined
      ? undefined
      : entriesReturned(`${cb.name}: total`, declaration.total(contextOf(cb, draft, values)), WANTED.total);
  const result = entriesReturned(cb.name, declaration.run(contextOf(cb, draft, values, total)), WANTED.run);
  const update: unknown = Reflect.get(result, 'update');
  if (name !== undefined) checkUpdateName(cb, name, declaration.takesUpdate ? undefined : update);
  if (declaration.takesUpdate || update === undefined) return result;
  const others = Object.fromEntries(Object.entries(result).filter(([entry]) => entry !== 'update'));
  // A step that returns only an update leaves `p` as it was.
  return name === undefined
    ? {...others, p: valueOf(cb, 'p', Reflect.get(result, 'p') ?? p).sub(valueOf(cb, 'update', update))}
    : {...others, [name]: update};
}

/** The numbers of the group as they are given. Those that are not given are as in the first step. */
function groupNumbersOf(cb: Callback, at: Context, hypers: Readonly<Record<string, Scalar>>): GroupNumbers {
  const {groupState} = cb.declaration;
  const first = new GroupNumbers(groupState);
  const given: Record<string, number> = {};
  for (const name of Object.keys(groupState)) {
    const value = own(at, name);
    if (value === undefined) first.advance(cb, hypers);
    else if (typeof value === 'number') given[name] = value;
    else throw new Error(`${cb.name} needs '${name}', a number; got ${what(value)}.`);
  }
  return new GroupNumbers({...first.now, ...given});
}

function nameOfUpdate(cb: Callback, how: unknown): string | undefined {
  if (how === undefined || typeof how === 'number') return undefined;
  const name: unknown = isPlain(how) && Object.keys(how).join() === 'alone' ? Reflect.get(how, 'alone') : undefined;
  if (typeof name === 'string' && name !== '') return name;
  throw new Error(`${cb.name} takes {alone: 'update'} as its second argument; got ${shown(how)}.`);
}

/** @throws where the callback returned no update of its own, or its result uses the name otherwise. */
function checkUpdateName(cb: Callback, name: string, update: unknown): void {
  if (update === undefined)
    throw new Error(`${cb.name} is not a step that returns an update; leave {alone: '${name}'} out.`);
  if (['p', 'grad', 'stop'].includes(name) || Object.hasOwn(cb.declaration.state, name))
    throw new Error(
      `${cb.name} can't return its update as '${name}', which is another entry of its result; use 'update'.`,
    );
}

/** The values of a callback that is called alone are tensors. */
export const alone: ValueTests<Value> = {
  isValue: (x): x is Value => isTensor(x),
  sameShape: (a, b) => a.shape.join() === b.shape.join(),
};

/** A shared number as it is given, or its start. */
function sharedOf(cb: Callback, at: Context, p: Value, entry: string): Value {
  const given = own(at, entry);
  if (given !== undefined) return valueOf(cb, entry, given);
  const start = own(cb.declaration.shared, entry);
  if (start === undefined) throw new Error(`${cb.name} does not share '${entry}'.`);
  return p.sum().zerosLike().add(start);
}

function valueOf(cb: Callback, name: string, x: unknown): Value {
  if (alone.isValue(x)) return x;
  const instead = x === undefined ? ' In an optimizer, do not call it.' : '';
  throw new Error(`${cb.name} needs '${name}', a tensor; got ${shown(x)}.${instead}`);
}
