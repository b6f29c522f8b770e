import type {Scalar} from './callback';
import {closest} from './closest';
import {listOf, shown} from './shown';

/** Hypers that mean the same in every callback, and what they can be. Others can be any finite number. */
const AVERAGES: readonly string[] = ['mom', 'sqrMom'];
const POSITIVE: readonly string[] = ['clipValue', 'clipNorm', 'globalClipNorm'];
const NON_NEGATIVE: readonly string[] = [...AVERAGES, ...POSITIVE, 'lr', 'wd', 'eps', 'trustCoeff', 'beta'];

/** What Keras, PyTorch, fastai and tf.train call the hypers of this package. */
const OTHER_NAMES: ReadonlyArray<readonly [own: string, others: readonly string[]]> = [
  ['lr', ['learningrate', 'rate']], ['mom', ['momentum', 'beta1']], ['sqrMom', ['beta2', 'rho', 'decay']], ['eps', ['epsilon']], ['wd', ['weightdecay', 'l2']],
];

/** The callbacks that have hypers which other libraries give to every optimizer. */
const BRINGS: Readonly<Record<string, string>> = {wd: 'weightDecay', clipNorm: 'clipGradNorm', clipValue: 'clipGradValue', globalClipNorm: 'clipGlobalNorm'};

/** What other libraries have and this package has not. */
const ABSENT: ReadonlyArray<readonly [name: RegExp, hint: string]> = [
  [/nesterov$/, "There is no Nesterov's momentum here: leave it out, or write new OptimWrapper(tf.train.momentum(lr, mom, true))."],
  [/^amsgrad$/, 'There is no AMSGrad here: leave it out.'],
];

/**
 * @param now the hyper as it is, which tells whether it is a number or, coming from an option, true or false.
 * @throws where the value is not one that the hyper can have.
 */
export function checkHyper(name: string, value: unknown, now: unknown = value): asserts value is Scalar {
  if (typeof now === 'boolean') {
    if (typeof value !== 'boolean') throw new Error(`The hyper '${name}' is true or false, got ${shown(value)}.`);
    return;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`The hyper '${name}' must be a finite number, got ${shown(value)}.`);
  }
  if (value < 0 && NON_NEGATIVE.includes(name)) throw new Error(`The hyper '${name}' can't be negative, got ${value}.`);
  if (value >= 1 && AVERAGES.includes(name)) throw new Error(`The hyper '${name}' is the share of an average that is kept, from 0 to below 1; got ${value}.`);
  if (value === 0 && POSITIVE.includes(name)) throw new Error(`The hyper '${name}' must be positive, got 0.`);
}

/** The error for a hyper that nothing declares. @param value what it was to be, for what to write instead. */
export function unknownHyper(name: string, known: Iterable<string>, value?: unknown): Error {
  const names = [...known];
  const hint = hintFor(name, names, value);
  return new Error(`No callback of this optimizer has a hyper '${name}'.${hint === undefined ? '' : ` ${hint}`} Known: ${names.join(', ') || 'none'}.`);
}

/** What to write instead. */
function hintFor(name: string, names: readonly string[], value: unknown): string | undefined {
  const key = name.replace(/_/g, '').toLowerCase();
  const same = (one: string) => one.toLowerCase() === key;
  const own = OTHER_NAMES.find(([, others]) => others.includes(key))?.[0] ?? [...names, ...Object.keys(BRINGS)].find(same);
  if (own !== undefined && names.includes(own)) return `'${name}' is '${own}' here.`;
  const by = own === undefined ? undefined : BRINGS[own];
  if (own !== undefined && by !== undefined) return `The callback ${by} has it: make the optimizer with {callbacks: [${by}], ${own}: ${typeof value === 'number' ? value : '…'}}.`;
  if (key === 'betas' && names.includes('sqrMom')) {
    const [mom = '…', sqrMom = '…'] = listOf(value);
    return `'betas' are 'mom' and 'sqrMom' here: write {mom: ${String(mom)}, sqrMom: ${String(sqrMom)}}.`;
  }
  const near = closest(name, names);
  return ABSENT.find(([absent]) => absent.test(key))?.[1] ?? (near === undefined ? undefined : `Did you mean '${near}'?`);
}

/** The hypers of one group as users see them: every write is checked. */
export function hyperView(values: Record<string, Scalar>): Record<string, Scalar> {
  return new Proxy(values, {
    set: (_, name, value: unknown) => {
      const known = String(name);
      if (!Object.hasOwn(values, known)) throw unknownHyper(known, Object.keys(values), value);
      checkHyper(known, value, values[known]);
      values[known] = value;
      return true;
    },
    defineProperty: () => false,
    deleteProperty: (_, name) => { throw new Error(`The hyper '${String(name)}' can't be removed.`); },
  });
}
