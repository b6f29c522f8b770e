import {shown} from '../util/shown';
import type {Scalar} from './declaration';
import {checkRange, type Range} from './range';

// The ranges of hypers that mean the same in every callback. Other hypers can be any finite number.
const AVERAGES: readonly string[] = ['mom', 'sqrMom'];
const POSITIVE: readonly string[] = ['clipValue', 'clipNorm', 'globalClipNorm'];
const NON_NEGATIVE: readonly string[] = [...AVERAGES, ...POSITIVE, 'lr', 'wd', 'eps', 'trustCoeff', 'beta'];

/**
 * The names of this package's hypers in Keras, PyTorch, fastai and tf.train, in small letters. `by` is the callback
 * that has the hyper, where not every optimizer does.
 */
const OTHER_NAMES: ReadonlyArray<readonly [own: string, others: readonly string[], by?: string]> = [
  ['lr', ['learningrate', 'rate']],
  ['mom', ['momentum', 'beta1']],
  ['lrDecay', ['decay']],
  ['sqrMom', ['beta2', 'rho', 'decay']],
  ['eps', ['epsilon']],
  ['wd', ['weightdecay', 'l2'], 'weightDecay'],
  ['clipNorm', [], 'clipGradNorm'],
  ['clipValue', [], 'clipGradValue'],
  ['globalClipNorm', [], 'clipGlobalNorm'],
];

/** Options of some optimizers of the table, with those that have them. They are not hypers. */
const OPTIONS: Readonly<Record<string, string>> = {
  nesterov: 'sgd',
  amsgrad: 'adam and adamW',
  centered: 'rmsProp',
  like: 'adagrad, adadelta, adam, adamax, rmsProp and sgd',
};

/**
 * @param now the hyper's present value. It is a boolean where the hyper is an option of this type.
 * @param range the range of an option that was set by name.
 * @throws where the hyper can't have the value.
 */
export function checkHyper(
  name: string,
  value: unknown,
  now: unknown = value,
  range: Range = {},
): asserts value is Scalar {
  if (typeof now === 'boolean') {
    if (typeof value !== 'boolean') throw new Error(`The hyper '${name}' must be true or false, got ${shown(value)}.`);
    return;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`The hyper '${name}' must be a finite number, got ${shown(value)}.`);
  }
  if (value < 0 && NON_NEGATIVE.includes(name))
    throw new Error(`The hyper '${name}' can't be negative, got ${value}.`);
  if (value >= 1 && AVERAGES.includes(name)) throw new Error(`'${name}' must be in [0, 1); got ${value}.`);
  if (value === 0 && POSITIVE.includes(name)) throw new Error(`The hyper '${name}' must be positive, got 0.`);
  checkRange(`'${name}'`, value, range);
}

/** The error for a hyper that nothing declares. */
export function unknownHyper(name: string, known: Iterable<string>): Error {
  const names = [...known];
  const key = name.replace(/_/g, '').toLowerCase();
  const same = (one: string) => one.toLowerCase() === key;
  const means = ([one, others]: (typeof OTHER_NAMES)[number]) => same(one) || others.includes(key);
  // Some names mean different hypers in different optimizers. A name that is not in the table may differ from a hyper's
  // name in case or underscores only.
  const [own, , by] = OTHER_NAMES.find(entry => means(entry) && names.includes(entry[0])) ??
    OTHER_NAMES.find(means) ?? [names.find(same)];
  const hint =
    own !== undefined && names.includes(own)
      ? `'${name}' is '${own}' here.`
      : own !== undefined && by !== undefined
        ? `Make the optimizer with {callbacks: [${by}], ${own}: …}.`
        : key === 'betas'
          ? 'Write {mom: beta1, sqrMom: beta2}.'
          : Object.hasOwn(OPTIONS, key)
            ? `It is an option of ${OPTIONS[key]}, given when the optimizer is made.`
            : undefined;
  return new Error(
    `No callback of this optimizer has a hyper '${name}'. ${hint === undefined ? '' : `${hint} `}` +
      `Known: ${names.join(', ') || 'none'}.`,
  );
}

/** The variables of a group together with its hypers. Writes go to the view of the hypers, too. */
export function groupView<V>(
  hypers: Record<string, Scalar>,
  params: readonly V[],
): {readonly params: readonly V[]} & Record<string, Scalar | readonly V[]> {
  return new Proxy(
    {...hypers, params},
    {
      set: (target, name, value: unknown) => Reflect.set(hypers, name, value) && Reflect.set(target, name, value),
    },
  );
}

/**
 * The hypers of one group as users see them. Every write is checked.
 * @param check throws where the hypers can no longer be written.
 * @param onSet called with the name of the hyper that was set.
 */
export function hyperView(
  values: Record<string, Scalar>,
  check: () => unknown,
  onSet: (name: string) => void,
  ranges: ReadonlyMap<string, Range>,
): Record<string, Scalar> {
  return new Proxy(values, {
    set: (_, name, value: unknown) => {
      check();
      const known = String(name);
      if (!Object.hasOwn(values, known)) throw unknownHyper(known, Object.keys(values));
      checkHyper(known, value, values[known], ranges.get(known));
      values[known] = value;
      onSet(known);
      return true;
    },
    defineProperty: () => false,
    deleteProperty: (_, name) => {
      throw new Error(`The hyper '${String(name)}' can't be removed.`);
    },
  });
}
