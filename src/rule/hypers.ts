import {closest} from '../util/closest';
import {own} from '../util/own';
import {shown} from '../util/shown';
import type {Scalar} from './declaration';
import {checkRange, type Range, type Ranges} from './range';

/**
 * The ranges of hypers that mean the same in every callback, where a callback declares no other range. Further hypers
 * can be any finite number.
 */
const CONVENTIONAL: Readonly<Record<string, Range>> = {
  mom: {from: 0, below: 1},
  sqrMom: {from: 0, below: 1},
  clipValue: {above: 0},
  clipNorm: {above: 0},
  globalClipNorm: {above: 0},
  clipRms: {above: 0},
  lr0: {above: 0},
  lr: {from: 0},
  wd: {from: 0},
  eps: {from: 0},
  trustCoeff: {from: 0},
  beta: {from: 0},
};

/** The range of a hyper whose callback declares none; undefined where it can be any finite number. */
export function conventionalRange(name: string): Range | undefined {
  return own(CONVENTIONAL, name);
}

/**
 * The names of this package's hypers in Keras, PyTorch, fastai and tf.train, in small letters. `by` is the callback
 * that has the hyper, where not every optimizer does.
 */
const OTHER_NAMES: ReadonlyArray<readonly [own: string, others: readonly string[], by?: string]> = [
  ['lr', ['learningrate', 'rate']],
  ['mom', ['momentum']],
  ['lrDecay', ['decay']],
  ['sqrMom', ['rho', 'decay']],
  ['eps', ['epsilon']],
  ['wd', ['weightdecay', 'l2'], 'weightDecay'],
  ['clipNorm', [], 'clipGradNorm'],
  ['clipValue', [], 'clipGradValue'],
  ['globalClipNorm', [], 'clipGlobalNorm'],
];

/** Options of some optimizers of the table, with those that have them. They are not hypers. */
const OPTIONS: Readonly<Record<string, string>> = {
  nesterov: 'sgd',
  amsgrad: 'adaBelief, adam, adamW and mars',
  centered: 'rmsProp',
  like: 'adagrad, adadelta, adam, adamax, rmsProp and sgd',
};

/**
 * @param now the hyper's present value. It is a boolean where the hyper is an option of this type.
 * @param ranges the ranges of hypers. A hyper that is not among them has the range of its name.
 * @throws where the hyper can't have the value.
 */
export function checkHyper(
  name: string,
  value: unknown,
  now: unknown = value,
  ranges?: Ranges,
): asserts value is Scalar {
  if (typeof now === 'boolean') {
    if (typeof value !== 'boolean') throw new Error(`'${name}' must be true or false; got ${shown(value)}.`);
    return;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`'${name}' must be a finite number; got ${shown(value)}.`);
  }
  // What is unknown there, such as a hyper that no callback declares, has the range of its name.
  for (const range of ranges?.get(name) ?? [conventionalRange(name)]) checkRange(`'${name}'`, value, range);
}

/** The hypers that the papers call β1, β2 and β3, in this order. */
function betasAmong(names: readonly string[]): string[] {
  const betas = ['mom', 'diffMom', 'sqrMom', 'slowMom', 'distanceMom'].filter(name => names.includes(name));
  return betas[0] === 'mom' ? betas : [];
}

/**
 * The error for a hyper that nothing declares.
 * @param settings the names of what an optimizer that is being made takes beside hypers.
 */
export function unknownHyper(name: string, known: Iterable<string>, settings: readonly string[] = []): Error {
  const names = [...known];
  const key = name.replace(/_/g, '').toLowerCase();
  const same = (one: string) => one.toLowerCase() === key;
  const means = ([one, others]: (typeof OTHER_NAMES)[number]) => same(one) || others.includes(key);
  const betas = betasAmong(names);
  const beta = /^beta([123])$/.exec(key)?.[1];
  // Some names mean different hypers in different optimizers. A name that is not in the table may differ from a hyper's
  // name in case or underscores only.
  const [mine, , by] = OTHER_NAMES.find(entry => means(entry) && names.includes(entry[0])) ??
    OTHER_NAMES.find(means) ?? [names.find(same) ?? (beta === undefined ? undefined : betas[Number(beta) - 1])];
  const meant = closest(name, [...Object.keys(OPTIONS), ...settings]);
  const hint =
    mine !== undefined && names.includes(mine)
      ? `'${name}' is '${mine}' here.`
      : mine !== undefined && by !== undefined
        ? `Make the optimizer with {callbacks: [${by}], ${mine}: …}.`
        : key === 'betas' && betas.length > 0
          ? `Write {${betas.map((one, i) => `${one}: beta${i + 1}`).join(', ')}}.`
          : meant === undefined
            ? undefined
            : Object.hasOwn(OPTIONS, meant) && !settings.includes(meant)
              ? `'${meant}' is an option of ${OPTIONS[meant]}, given when the optimizer is made.`
              : `Did you mean '${meant}'?`;
  return new Error(
    `No callback of this optimizer has a hyper '${name}'. ${hint === undefined ? '' : `${hint} `}` +
      `Known: ${names.join(', ') || 'none'}${settings.length > 0 ? `; settings: ${settings.join(', ')}` : ''}.`,
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
  ranges: Ranges,
): Record<string, Scalar> {
  return new Proxy(values, {
    set: (_, name, value: unknown) => {
      check();
      const known = String(name);
      if (!Object.hasOwn(values, known)) throw unknownHyper(known, Object.keys(values));
      checkHyper(known, value, values[known], ranges);
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
