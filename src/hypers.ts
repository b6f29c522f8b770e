import type {Scalar} from './callback';

/** Hypers that mean the same in every callback, and what they can be. Others can be any finite number. */
const AVERAGES: readonly string[] = ['mom', 'sqrMom'];
const POSITIVE: readonly string[] = ['clipValue', 'clipNorm', 'globalClipNorm'];
const NON_NEGATIVE: readonly string[] = [...AVERAGES, ...POSITIVE, 'lr', 'wd', 'eps', 'trustCoeff', 'beta'];

/** What Keras, PyTorch, fastai and tf.train call the hypers of this package. */
const OTHER_NAMES: ReadonlyArray<readonly [own: string, others: readonly string[]]> = [
  ['lr', ['learningRate', 'rate']], ['mom', ['momentum', 'beta1']], ['sqrMom', ['beta2', 'rho', 'decay']], ['eps', ['epsilon']], ['wd', ['weightDecay', 'l2']],
];

/**
 * @param now the hyper as it is, which tells whether it is a number or, coming from an option, true or false.
 * @throws where the value is not one that the hyper can have.
 */
export function checkHyper(name: string, value: unknown, now: unknown = value): asserts value is Scalar {
  if (typeof now === 'boolean') {
    if (typeof value !== 'boolean') throw new Error(`The hyper '${name}' is true or false, got ${String(value)}.`);
    return;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`The hyper '${name}' must be a finite number, got ${String(value)}.`);
  }
  if (value < 0 && NON_NEGATIVE.includes(name)) throw new Error(`The hyper '${name}' can't be negative, got ${value}.`);
  if (value >= 1 && AVERAGES.includes(name)) throw new Error(`The hyper '${name}' is the share of an average that is kept, from 0 to below 1; got ${value}.`);
  if (value === 0 && POSITIVE.includes(name)) throw new Error(`The hyper '${name}' must be positive, got 0.`);
}

/** The error for a hyper that nothing declares. */
export function unknownHyper(name: string, known: Iterable<string>): Error {
  const names = [...known];
  const camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const own = OTHER_NAMES.find(([, others]) => others.includes(camel))?.[0] ?? camel;
  const hint = names.includes(own) ? ` '${name}' is '${own}' here.` : '';
  return new Error(`No callback of this optimizer has a hyper '${name}'.${hint} Known: ${names.join(', ') || 'none'}.`);
}

/** The variables of a group beside its hypers, which are written through to their view. */
export function groupView<V>(
  hypers: Record<string, Scalar>, params: readonly V[],
): {readonly params: readonly V[]} & Record<string, Scalar | readonly V[]> {
  return new Proxy({...hypers, params}, {
    set: (target, name, value: unknown) => Reflect.set(hypers, name, value) && Reflect.set(target, name, value),
  });
}

/** The hypers of one group as users see them: every write is checked. @param onSet is told which hyper was set. */
export function hyperView(values: Record<string, Scalar>, onSet: (name: string) => void): Record<string, Scalar> {
  return new Proxy(values, {
    set: (_, name, value: unknown) => {
      const known = String(name);
      if (!Object.hasOwn(values, known)) throw unknownHyper(known, Object.keys(values));
      checkHyper(known, value, values[known]);
      values[known] = value;
      onSet(known);
      return true;
    },
    defineProperty: () => false,
    deleteProperty: (_, name) => { throw new Error(`The hyper '${String(name)}' can't be removed.`); },
  });
}
