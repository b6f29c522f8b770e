import {own} from '../util/own';
import {isTensor} from '../util/tensors';
import type {Callback, Context, Draft, Scalar} from './declaration';
import {entriesReturned, WANTED, what} from './returned';
import {contextOf, type Values} from './run_chain';
import type {Value} from './value';

/**
 * Calls one callback as a plain function. Options, hypers and state that are not given get their defaults and starts.
 * @param name the name of a step's update in the result. Without it, the result holds the new `p` instead.
 */
export function callAlone(cb: Callback, at: Context, name?: string): object {
  const {declaration} = cb;
  const p = valueOf(cb, 'p', at['p']);
  const hypers: Record<string, Scalar> = {};
  for (const [name, fallback] of Object.entries({...declaration.hypers, ...cb.options})) {
    const value = own(at, name) ?? fallback;
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new Error(`${cb.name} needs the hyper '${name}', a number; got ${what(value)}.`);
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
  };
  const total =
    declaration.total === undefined
      ? undefined
      : entriesReturned(`${cb.name}: total`, declaration.total(contextOf(cb, draft, alone)), WANTED.total);
  const result = entriesReturned(cb.name, declaration.run(contextOf(cb, draft, alone, total)), WANTED.run);
  const update: unknown = Reflect.get(result, 'update');
  if (declaration.takesUpdate || update === undefined) return result;
  const others = Object.fromEntries(Object.entries(result).filter(([entry]) => entry !== 'update'));
  // A step that returns only an update leaves `p` as it was.
  return name === undefined
    ? {...others, p: valueOf(cb, 'p', Reflect.get(result, 'p') ?? p).sub(valueOf(cb, 'update', update))}
    : {...others, [name]: update};
}

/** How a callback computes that is called alone, on tensors. */
export const alone: Values<Value> = {
  isValue: (x): x is Value => isTensor(x),
  sameShape: (a, b) => a.shape.join() === b.shape.join(),
  difference: (a, b) => a.sub(b),
  sum: (_, perDraft) => perDraft.reduce((a, b) => a.add(b)),
};

function valueOf(cb: Callback, name: string, x: unknown): Value {
  if (alone.isValue(x)) return x;
  throw new Error(`${cb.name} needs '${name}', a tensor; got ${String(x)}.`);
}
