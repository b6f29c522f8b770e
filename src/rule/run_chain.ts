import {memo} from '../util/memo';
import {own} from '../util/own';
import type {Arithmetic, ContextValues, Values} from './arithmetic';
import {type Chain, optionsIn, type Segment, takesPart} from './chain';
import type {Callback, Context, Draft, Scalar} from './declaration';
import {ruleExtras, stepsOfUsers} from './extras';
import type {Required} from './required';
import {checkEntry, entriesReturned, undeclared, type ValueTests, WANTED, what} from './returned';
import type {Start, StartContext} from './starts';
import type {Value} from './value';

/** Runs the callbacks on all drafts. Afterwards the drafts hold the new values. Nothing else is changed. */
export function runChain<V extends Value, D extends Draft<V>>(
  chain: Chain,
  drafts: readonly D[],
  arithmetic: Arithmetic<V, D>,
  segments: readonly Segment[] = chain.segments,
): void {
  for (const segment of segments) runSegment(chain, segment, drafts, arithmetic);
  applyUpdates(drafts, arithmetic);
  for (const draft of drafts) {
    checkGradientRead(draft);
    advanceIdle(chain, draft);
  }
  if (!chain.canSkip) return;
  for (const draft of drafts)
    arithmetic.scope(draft, () => {
      ruleExtras().closeGate(draft, arithmetic);
    });
}

/** Runs one segment on all drafts. An update that is pending afterwards is not applied yet. */
export function runSegment<V extends Value, D extends Draft<V>>(
  chain: Chain,
  {callbacks, first: index}: Segment,
  drafts: readonly D[],
  arithmetic: Arithmetic<V, D>,
): void {
  const [first] = callbacks;
  if (first === undefined) return;
  const concerned = drafts.filter(draft => takesPart(chain, index, draft.group));
  // Where all are stopped, the rest of the segment runs on none of them either.
  if (first.declaration.everyParameter && allStopped(concerned)) {
    if (concerned.length === drafts.length) return;
    concerned.length = 0;
  }
  const running = concerned.filter(draft => runsOn(first, draft));
  if (first.declaration.skips) ruleExtras().checkOptions(first, running);
  // A total, and a callback that runs alone, needs all parameters with their pending updates applied.
  if (!first.declaration.takesUpdate) applyUpdates(running, arithmetic);
  const isAlone = arithmetic.runsAlone(index, first);
  // No kernel has to end before a callback that runs on no parameter.
  if (isAlone && running.length > 0) arithmetic.runAlone(index, first, running);
  const total = isAlone ? undefined : totalOf(first, index, running, arithmetic);
  const runsFirst = new Set(isAlone ? [] : running);
  for (const draft of drafts) {
    const lastTaker = chain.division?.lastTakerOf(draft.group ?? 0) ?? chain.lastTaker;
    arithmetic.scope(draft, () => {
      for (const [i, cb] of callbacks.entries()) {
        if (i === 0 ? !runsFirst.has(draft) : !runsOn(cb, draft) || !takesPart(chain, index + i, draft.group))
          continue;
        arithmetic.enter(index + i);
        runCallback(cb, draft, arithmetic, index + i < lastTaker, i === 0 ? total : undefined);
      }
    });
  }
}

/** Applies pending updates, which no callback will take. */
function applyUpdates<V extends Value, D extends Draft<V>>(drafts: readonly D[], arithmetic: Arithmetic<V, D>): void {
  for (const draft of drafts)
    if (draft.update !== undefined)
      arithmetic.scope(draft, () => {
        applyUpdate(draft, arithmetic);
      });
}

function applyUpdate<V extends Value>(draft: Draft<V>, arithmetic: Values<V>): void {
  if (draft.update === undefined) return;
  draft.p = arithmetic.difference(draft.p, draft.update);
  draft.update = undefined;
}

/** Turns a step's change of the parameter into a pending update, for callbacks that take it. */
export function takeAsUpdate<V extends Value>(draft: Draft<V>, before: V, arithmetic: Values<V>): void {
  if (draft.p === before) return;
  draft.update = arithmetic.difference(before, draft.p);
  draft.p = before;
}

/**
 * Whether every parameter with a gradient was stopped. Then there is no step, and `everyParameter` callbacks do not
 * run.
 */
function allStopped<V extends Value>(drafts: ReadonlyArray<Draft<V>>): boolean {
  return (
    drafts.some(draft => draft.stopped) &&
    !drafts.some(draft => !draft.stopped && draft.trains && draft.grad !== undefined)
  );
}

function runsOn<V extends Value>({declaration}: Callback, draft: Draft<V>): boolean {
  return !draft.stopped && (declaration.everyParameter || (draft.trains && draft.grad !== undefined));
}

/** @param drafts those that the callback runs on. */
function totalOf<V extends Value, D extends Draft<V>>(
  cb: Callback,
  index: number,
  drafts: readonly D[],
  arithmetic: Arithmetic<V, D>,
): Readonly<Record<string, V>> | undefined {
  const {declaration} = cb;
  if (declaration.total === undefined) return undefined;
  const terms = new Map<string, V[]>();
  for (const draft of drafts) {
    advanceGroups(cb, draft);
    arithmetic.enter(index, draft);
    for (const [name, value] of entriesOf(
      entriesReturned(`${cb.name}: total`, declaration.total(contextOf(cb, draft, arithmetic)), WANTED.total),
    )) {
      checkEntry(`${cb.name}: total`, name, value);
      if (!arithmetic.isValue(value))
        throw new Error(`${cb.name}: total.${name} is ${what(value)}; it must be a float32 tensor.`);
      if (value.rank !== 0)
        throw new Error(
          `${cb.name}: total.${name} has the shape [${value.shape}]; it must be a scalar, as grad.sum() is.`,
        );
      memo(terms, name, (): V[] => []).push(value);
    }
  }
  return Object.fromEntries([...terms].map(([name, values]) => [name, arithmetic.sum(name, values)]));
}

function runCallback<V extends Value>(
  cb: Callback,
  draft: Draft<V>,
  arithmetic: Values<V>,
  isTaken: boolean,
  total: object | undefined,
): void {
  const {takesUpdate, isStep} = cb.declaration;
  if (!takesUpdate) applyUpdate(draft, arithmetic);
  const before = draft.p;
  let update: V | undefined;
  advanceGroups(cb, draft);
  const result = entriesReturned(cb.name, cb.declaration.run(contextOf(cb, draft, arithmetic, total)), WANTED.run);
  const {state, shared, skips} = cb.declaration;
  const more = skips || Object.keys(shared).length > 0 ? ruleExtras().returned(cb, draft, arithmetic) : undefined;
  const returned = entriesOf(result);
  if (draft.unread !== undefined && stepsOfUsers.has(cb.declaration) && returned.length > 0)
    draft.unread = {...draft.unread, passed: cb.name};
  for (const [entry, value] of returned) {
    if (value === undefined) continue;
    checkEntry(cb.name, entry, value);
    if (entry === 'stop') {
      if (typeof value !== 'boolean')
        throw new Error(`${cb.name} returned ${what(value)} for 'stop'; it must be true or false.`);
      draft.stopped = value;
    } else if (entry === 'p') {
      const p = like(cb, entry, value, draft.p, arithmetic);
      // A callback for every parameter also returns `p` for frozen ones, which must not change.
      if (draft.trains) draft.p = p;
    } else if (entry === 'update') {
      update = like(cb, entry, value, draft.p, arithmetic);
    } else if (entry === 'grad') {
      // A parameter without a gradient can get one, of the parameter's shape.
      draft.grad = like(cb, entry, value, draft.grad ?? draft.p, arithmetic);
      if (!('p' in result || 'update' in result)) draft.unread = {by: cb.name};
    } else if (Object.hasOwn(state, entry)) {
      draft.entries[entry] = stateLike(cb, entry, value, draft, arithmetic);
    } else if (more?.take(entry, value) !== true) {
      const may = ['p', 'update', 'grad', 'stop', ...(more === undefined ? [] : more.names), ...Object.keys(state)];
      throw undeclared(cb.name, entry, may);
    }
  }
  more?.share();
  if (update === undefined && isTaken && isStep && !takesUpdate) takeAsUpdate(draft, before, arithmetic);
  if (update !== undefined && draft.trains) draft.update = update;
  if (draft.stopped) applyUpdate(draft, arithmetic);
  more?.openGate(before);
}

/**
 * Warns of a changed gradient that was not read in this step, where a user's step may read it in others.
 * @throws where a callback changed the gradient after everything that reads it, such as averages: then nothing would
 *   tell that it does nothing.
 */
function checkGradientRead<V extends Value>({unread, trains, stopped}: Draft<V>): void {
  if (unread === undefined || stopped || !trains) return;
  const {by, passed} = unread;
  if (passed !== undefined) ruleExtras().warnUnread(by, passed);
  else
    throw new Error(
      `${by} returned a gradient that no step uses; ` +
        `put it before the step and its averages, as in {callbacks: [${by}]}.`,
    );
}

/** Computes the new numbers of groups in which a callback with `everyGroup` ran on no parameter. */
function advanceIdle<V extends Value>(chain: Chain, draft: Draft<V>): void {
  if (draft.stopped || !draft.trains) return;
  for (const [i, cb] of chain.callbacks.entries())
    if (cb.declaration.everyGroup && takesPart(chain, i, draft.group)) advanceGroups(cb, draft);
}

/** Computes the new numbers of the draft's groups. */
function advanceGroups<V extends Value>(cb: Callback, {groups, hypers}: Draft<V>): void {
  for (const numbers of groups) numbers.advance(cb, hypers);
}

function stateLike<V extends Value>(
  cb: Callback,
  entry: string,
  value: unknown,
  draft: Draft<V>,
  arithmetic: Values<V>,
): V | number {
  const now = own(draft.entries, entry);
  if (arithmetic.isValue(now)) return like(cb, entry, value, now, arithmetic);
  if (typeof value === 'number') return value;
  throw new Error(`${cb.name} returned ${what(value)} for '${entry}'; it must return a number.`);
}

/** @throws where a callback returned something else than a tensor of the shape of `now`. */
export function like<V extends Value>(cb: Callback, entry: string, value: unknown, now: V, tests: ValueTests<V>): V {
  if (!tests.isValue(value))
    throw new Error(`${cb.name} returned ${what(value)} for '${entry}'; it must return a float32 tensor.`);
  if (!tests.sameShape(value, now))
    throw new Error(`${cb.name} returned '${entry}' of shape [${value.shape}]; it must be of shape [${now.shape}].`);
  return value;
}

/** What a callback's function gets, as lists. They are made once per callback, because every step needs them. */
interface ContextEntries {
  readonly numbers: ReadonlyArray<readonly [string, Scalar | Required]>;
  readonly reads: readonly string[];
  readonly starts: ReadonlyArray<readonly [string, number | Start]>;
  readonly groupState: ReadonlyArray<readonly [string, number]>;
  readonly shared: readonly string[];
}

const contextEntries = new WeakMap<Callback, ContextEntries>();

function contextEntriesOf({declaration, options}: Callback): ContextEntries {
  return {
    numbers: Object.entries({...declaration.hypers, ...options}),
    reads: Object.keys(declaration.reads),
    starts: Object.entries({...declaration.needs, ...declaration.state}),
    groupState: Object.entries(declaration.groupState),
    shared: Object.keys(declaration.shared),
  };
}

/** The argument of a callback's function. Entries that have not started are started first. */
export function contextOf<V extends Value>(
  cb: Callback,
  draft: Draft<V>,
  values: ContextValues<V>,
  total?: object,
): Context {
  const {hypers, entries} = draft;
  const of = memo(contextEntries, cb, () => contextEntriesOf(cb));
  const context: Record<string, unknown> = {p: draft.p, grad: draft.grad, doWd: draft.doWd};
  if (draft.unread !== undefined) watchGradient(context, draft);
  for (const [name, value] of of.numbers) context[name] = own(hypers, name) ?? value;
  for (const name of of.reads) context[name] = own(entries, name);
  for (const [name, start] of of.starts) context[name] = own(entries, name) ?? begin(cb, name, start, draft, values);
  const numbers = draft.groups[0]?.now;
  for (const [name, start] of of.groupState)
    context[name] = numbers === undefined ? start : (own(numbers, name) ?? start);
  for (const name of of.shared) context[name] = values.shared.before(name);
  if (cb.declaration.takesUpdate) context['update'] = updateOf(cb, draft);
  if (total !== undefined) context['total'] = total;
  return context;
}

/** Notices that a callback reads the gradient. Only where another one returned it, because getters take time. */
function watchGradient<V extends Value>(context: Record<string, unknown>, draft: Draft<V>): void {
  const {grad} = draft;
  Object.defineProperty(context, 'grad', {
    enumerable: true,
    get: () => {
      draft.unread = undefined;
      return grad;
    },
  });
}

/** @throws where the callback takes the update of a step, but no step before it returned one. */
function updateOf<V extends Value>(cb: Callback, {update, trains, grad}: Draft<V>): V | undefined {
  if (update === undefined && trains && grad !== undefined)
    throw new Error(
      `${cb.name} takes the update of a step, and no callback before it returned one; ` +
        `put it after the step, as in {after: [${cb.name}]}.`,
    );
  return update;
}

function begin<V extends Value>(
  cb: Callback,
  entry: string,
  start: number | Start,
  draft: Draft<V>,
  tests: ValueTests<V>,
): V | number {
  const value: unknown = typeof start === 'number' ? start : start(startContextOf(cb, draft));
  checkEntry(`${cb.name}: the start`, entry, value);
  if (typeof value !== 'number' && !tests.isValue(value))
    throw new Error(`${cb.name}: the start of '${entry}' returned ${what(value)}; it must return a float32 tensor.`);
  if (typeof start === 'function' && start.space === 'weight') like(cb, entry, value, draft.before, tests);
  draft.entries[entry] = value;
  if (draft.gate !== undefined) draft.gate.entries[entry] = value;
  return value;
}

/** Where the step is skipped, the gradient is zeros, too. */
function startContextOf<V extends Value>(cb: Callback, {before: p, grad, gate, hypers}: Draft<V>): StartContext {
  const isSafe = grad === undefined || gate === undefined;
  const gradient = isSafe ? grad : grad.zerosLike().where(gate.skip.greater(0), grad);
  return {p, grad: gradient ?? p.zerosLike(), options: optionsIn(cb, hypers)};
}

export function entriesOf(x: object): Array<[string, unknown]> {
  return Object.entries(x);
}
