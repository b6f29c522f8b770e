import type {Callback, OptionDecl, Scalar} from '../../rule/declaration';

/** One callback of a rule: its name, and values of options without which it computes something else. */
export interface Piece {
  readonly name: string;
  readonly options?: OptionDecl;
}

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
export function fitOf({callbacks, hypers}: Chained, pieces: readonly Piece[]): Fit | undefined {
  const fits = [...DECAYS, undefined].flatMap((decay): Fit[] => {
    const wanted = decay === undefined ? pieces : [{name: decay}, ...pieces];
    let next = 0;
    const extra = callbacks.filter(cb => {
      const piece = wanted[next];
      if (piece === undefined || !isPiece(cb, piece, hypers)) return true;
      next++;
      return false;
    });
    return next === wanted.length ? [{decay, extra}] : [];
  });
  return fits[0];
}

function isPiece(cb: Callback, {name, options = {}}: Piece, hypers: Chained['hypers']): boolean {
  return (
    cb.name === name &&
    Object.entries(options).every(([option, value]) =>
      hypers.every(values => (Object.hasOwn(values, option) ? values[option] : cb.options[option]) === value),
    )
  );
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
  if (Object.hasOwn(hypers, name)) return hypers[name];
  return callbacks.find(({options}) => Object.hasOwn(options, name))?.options[name];
}
