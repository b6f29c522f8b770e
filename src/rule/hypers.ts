import {shown} from '../util/shown';
import type {Scalar} from './declaration';
import {checkRange, type Range} from './range';

/** Hypers that mean the same in every callback, and what they can be. Others can be any finite number. */
const AVERAGES: readonly string[] = ['mom', 'sqrMom'];
const POSITIVE: readonly string[] = ['clipValue', 'clipNorm', 'globalClipNorm'];
const NON_NEGATIVE: readonly string[] = [...AVERAGES, ...POSITIVE, 'lr', 'wd', 'eps', 'trustCoeff', 'beta'];

/**
 * What Keras, PyTorch, fastai and tf.train call the hypers of this package, in small letters, and the callback that
 * has what is not every optimizer's.
 */
const OTHER_NAMES: ReadonlyArray<readonly [own: string, others: readonly string[], by?: string]> = [
  ['lr', ['learningrate', 'rate']],
  ['mom', ['momentum', 'beta1']],
  ['sqrMom', ['beta2', 'rho', 'decay']],
  ['eps', ['epsilon']],
  ['wd', ['weightdecay', 'l2'], 'weightDecay'],
  ['clipNorm', [], 'clipGradNorm'],
  ['clipValue', [], 'clipGradValue'],
  ['globalClipNorm', [], 'clipGlobalNorm'],
];

/** What is no hyper of this package under any name. */
const NO_HYPERS: ReadonlyArray<readonly [name: string, hint: string]> = [
  ['betas', 'Write {mom: beta1, sqrMom: beta2}.'],
  [
    'nesterov',
    'There is no Nesterov momentum here: leave it out, or write new OptimWrapper(tf.train.momentum(lr, mom, true)).',
  ],
  ['amsgrad', 'There is no AMSGrad here: leave it out.'],
];

/**
 * @param now the hyper as it is, which tells whether it is a number or, coming from an option, true or false.
 * @param range of an option that was set by name.
 * @throws where the value is not one that the hyper can have.
 */
export function checkHyper(
  name: string,
  value: unknown,
  now: unknown = value,
  range: Range = {},
): asserts value is Scalar {
  if (typeof now === 'boolean') {
    if (typeof value !== 'boolean') throw new Error(`The hyper '${name}' is true or false, got ${shown(value)}.`);
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
  const [own, , by] = OTHER_NAMES.find(([one, others]) => same(one) || others.includes(key)) ?? [names.find(same)];
  const hint =
    own !== undefined && names.includes(own)
      ? `'${name}' is '${own}' here.`
      : own !== undefined && by !== undefined
        ? `Make the optimizer with {callbacks: [${by}], ${own}: …}.`
        : (NO_HYPERS.find(([one]) => key === one)?.[1] ?? '');
  return new Error(
    `No callback of this optimizer has a hyper '${name}'. ${hint}${hint && ' '}Known: ${names.join(', ') || 'none'}.`,
  );
}

/** The variables of a group beside its hypers, which are written through to their view. */
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
 * The hypers of one group as users see them: every write is checked.
 * @param check throws where nothing may be written any more.
 * @param onSet is told which hyper was set.
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
