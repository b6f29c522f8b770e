import {own} from '../util/own';
import type {Chain} from './chain';
import type {Callback, Context, Lane} from './declaration';
import {checkEntry, entriesReturned, WANTED, what} from './returned';
import type {Start} from './starts';
import type {Value} from './value';

/** The values that a chain computes with. */
export interface Values<V extends Value> {
  /** What a callback may return as a tensor. */
  isValue(x: unknown): x is V;
  sameShape(a: V, b: V): boolean;
  /** The sum of one total over the lanes. */
  sum(name: string, perLane: readonly V[]): V;
}

/** What differs between computing with tensors and tracing. */
export interface Arithmetic<V extends Value, L extends Lane<V>> extends Values<V> {
  /** Runs a stage of one lane; tensors that the lane no longer holds can go afterwards. */
  scope(lane: L, run: () => void): void;
  /** Lets a callback that is not maths on one parameter act on all lanes. */
  together(cb: Callback, lanes: readonly L[]): void;
}

/** Runs the callbacks on all lanes. Lanes hold the new values afterwards; nothing else is changed. */
export function runChain<V extends Value, L extends Lane<V>>(
  chain: Chain,
  lanes: readonly L[],
  arithmetic: Arithmetic<V, L>,
): void {
  for (const {callbacks} of chain.stages) {
    const first = callbacks[0];
    if (first === undefined || (first.declaration.everyParameter && allStopped(lanes))) continue;
    if (first.declaration.together !== undefined)
      arithmetic.together(
        first,
        lanes.filter(lane => runsOn(first, lane)),
      );
    const total = totalOf(first, lanes, arithmetic);
    for (const lane of lanes) {
      arithmetic.scope(lane, () => {
        for (const cb of callbacks)
          if (cb.declaration.together === undefined && runsOn(cb, lane))
            runCallback(cb, lane, arithmetic, cb === first ? total : undefined);
      });
    }
  }
}

/**
 * Where every parameter that had a gradient was stopped, there is no step, and `everyParameter` callbacks wait too.
 */
function allStopped<V extends Value>(lanes: ReadonlyArray<Lane<V>>): boolean {
  return (
    lanes.some(lane => lane.stopped) && !lanes.some(lane => !lane.stopped && lane.trains && lane.grad !== undefined)
  );
}

function runsOn<V extends Value>({declaration}: Callback, lane: Lane<V>): boolean {
  return !lane.stopped && (declaration.everyParameter || (lane.trains && lane.grad !== undefined));
}

function totalOf<V extends Value>(
  cb: Callback,
  lanes: ReadonlyArray<Lane<V>>,
  arithmetic: Values<V>,
): Readonly<Record<string, V>> | undefined {
  const {declaration} = cb;
  if (declaration.total === undefined) return undefined;
  const terms = new Map<string, V[]>();
  for (const lane of lanes) {
    if (!runsOn(cb, lane)) continue;
    for (const [name, value] of entriesOf(
      entriesReturned(`${cb.name}: total`, declaration.total(contextOf(cb, lane, arithmetic)), WANTED.total),
    )) {
      checkEntry(`${cb.name}: total`, name, value);
      if (!arithmetic.isValue(value))
        throw new Error(`${cb.name}: total.${name} is ${what(value)}; it must be a float32 tensor.`);
      const same = terms.get(name) ?? [];
      same.push(value);
      terms.set(name, same);
    }
  }
  return Object.fromEntries([...terms].map(([name, values]) => [name, arithmetic.sum(name, values)]));
}

function runCallback<V extends Value>(
  cb: Callback,
  lane: Lane<V>,
  arithmetic: Values<V>,
  total: object | undefined,
): void {
  const result = entriesReturned(cb.name, cb.declaration.run(contextOf(cb, lane, arithmetic, total)), WANTED.run);
  const {state} = cb.declaration;
  for (const [entry, value] of entriesOf(result)) {
    if (value === undefined) continue;
    checkEntry(cb.name, entry, value);
    if (entry === 'stop') {
      if (typeof value !== 'boolean')
        throw new Error(`${cb.name} returned stop: ${what(value)}; it is true or false.`);
      lane.stopped = value;
    } else if (entry === 'p') {
      const p = like(cb, entry, value, lane.p, arithmetic);
      // Frozen: it stays as it is, whatever a callback for every parameter makes of it.
      if (lane.trains) lane.p = p;
    } else if (entry === 'grad') {
      lane.grad = like(cb, entry, value, lane.grad ?? lane.p, arithmetic);
    } else if (Object.hasOwn(state, entry)) {
      lane.entries[entry] = stateLike(cb, entry, value, lane, arithmetic);
    } else {
      throw new Error(
        `${cb.name} returned '${entry}', which it does not declare; it may return ${['p', 'grad', 'stop', ...Object.keys(state)].join(', ')}.`,
      );
    }
  }
}

function stateLike<V extends Value>(
  cb: Callback,
  entry: string,
  value: unknown,
  lane: Lane<V>,
  arithmetic: Values<V>,
): V | number {
  const now = own(lane.entries, entry);
  if (arithmetic.isValue(now)) return like(cb, entry, value, now, arithmetic);
  if (typeof value === 'number') return value;
  throw new Error(`${cb.name} returned ${what(value)} for '${entry}', which is a number.`);
}

function like<V extends Value>(cb: Callback, entry: string, value: unknown, now: V, arithmetic: Values<V>): V {
  if (!arithmetic.isValue(value))
    throw new Error(`${cb.name} returned ${what(value)} for '${entry}', which is a float32 tensor.`);
  if (!arithmetic.sameShape(value, now))
    throw new Error(`${cb.name} returned '${entry}' of shape [${value.shape}]; it is of shape [${now.shape}].`);
  return value;
}

/** What the callback's function is given, with its entries started where they had not. */
export function contextOf<V extends Value>(
  cb: Callback,
  lane: Lane<V>,
  arithmetic: Values<V>,
  total?: object,
): Context {
  const {declaration, options} = cb;
  const {hypers, entries} = lane;
  const context: Record<string, unknown> = {p: lane.p, grad: lane.grad, doWd: lane.doWd};
  for (const [name, value] of Object.entries({...declaration.hypers, ...options}))
    context[name] = own(hypers, name) ?? value;
  for (const name of Object.keys(declaration.reads)) context[name] = own(entries, name);
  for (const [name, start] of Object.entries({...declaration.needs, ...declaration.state}))
    context[name] = own(entries, name) ?? begin(cb, name, start, lane, arithmetic);
  if (total !== undefined) context['total'] = total;
  return context;
}

function begin<V extends Value>(
  cb: Callback,
  entry: string,
  start: number | Start,
  lane: Lane<V>,
  arithmetic: Values<V>,
): V | number {
  const value: unknown =
    typeof start === 'number' ? start : start({p: lane.before, grad: lane.grad ?? lane.before.zerosLike()});
  checkEntry(`${cb.name}: the start`, entry, value);
  if (typeof value !== 'number' && !arithmetic.isValue(value))
    throw new Error(`${cb.name}: the start of '${entry}' gave ${what(value)}; it must give a float32 tensor.`);
  if (typeof start === 'function' && start.space === 'weight') like(cb, entry, value, lane.before, arithmetic);
  lane.entries[entry] = value;
  return value;
}

function entriesOf(x: object): Array<[string, unknown]> {
  return Object.entries(x);
}
