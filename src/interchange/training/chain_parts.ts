import type {Callback, OptionDecl, Scalar} from '../../rule/declaration';
import {own} from '../../util/own';

/** The callbacks of a rule, in order, each with values of options without which it computes something else. */
export type Pieces = Readonly<Record<string, OptionDecl>>;

/** The callbacks that run on the parameters of some groups, and the hypers of these groups. */
export interface Chained {
  readonly callbacks: readonly Callback[];
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
}

/** The callbacks that decay weights as PyTorch and fastai do. */
export type Decay = 'weightDecay' | 'l2Reg';

/** How callbacks fit a rule. */
export interface Fit {
  /** The callback that decays, before all others of the rule. Undefined without any. */
  readonly decay: Decay | undefined;
  /** The callbacks that are not part of the rule. */
  readonly extra: readonly Callback[];
}

const DECAYS: readonly Decay[] = ['weightDecay', 'l2Reg'];

/** How callbacks fit a rule. Undefined where they lack one of its callbacks. */
export function fitOf({callbacks, hypers}: Chained, pieces: Pieces): Fit | undefined {
  const isPiece = (cb: Callback, [name, options]: readonly [string, OptionDecl]) =>
    cb.name === name &&
    Object.entries(options).every(([option, value]) =>
      hypers.every(values => valueIn([cb], values, option) === value),
    );
  for (const decay of [...DECAYS, undefined]) {
    const left = Object.entries({...(decay && {[decay]: {}}), ...pieces});
    const extra = callbacks.filter(cb => {
      const [next] = left;
      if (next === undefined || !isPiece(cb, next)) return true;
      left.shift();
      return false;
    });
    if (left.length === 0) return {decay, extra};
  }
  return undefined;
}

/** The entries of state that callbacks declare. */
export function entriesOf(callbacks: readonly Callback[]): Set<string> {
  return new Set(callbacks.flatMap(cb => Object.keys(cb.declaration.state)));
}

/** A callback as errors name it, with the state that is lost with it. */
export function withState(cb: Callback): string {
  const state = [...entriesOf([cb])].join(', ');
  return state === '' ? cb.name : `${cb.name} (with its state ${state})`;
}

/** Calls `problem` where a file has no state of callbacks because its optimizer does not have them. */
export function checkStateless(callbacks: readonly Callback[], problem: (text: string) => void): void {
  const stateful = callbacks.filter(cb => entriesOf([cb]).size > 0);
  if (stateful.length > 0) problem(`The file has no state of ${namesOf(stateful)}, which starts anew.`);
}

/** The callbacks as errors list them. */
export function namesOf(callbacks: readonly Callback[]): string {
  return callbacks.map(({name}) => name).join(', ') || 'none';
}

/**
 * The value of a hyper or an option in one group. An option that was set as a setting is a hyper.
 * @returns undefined where no callback has it.
 */
export function valueIn(
  callbacks: readonly Callback[],
  hypers: Readonly<Record<string, Scalar>>,
  name: string,
): Scalar | undefined {
  return own(hypers, name) ?? callbacks.find(({options}) => Object.hasOwn(options, name))?.options[name];
}
