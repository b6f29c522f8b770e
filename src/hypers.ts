import type {Scalar} from './callback';

type Range = 'nonNegative' | 'average';

/** Hypers that mean the same in every callback, and what they can be. Others can be any finite number. */
const RANGES: Readonly<Record<string, Range>> = {
  lr: 'nonNegative', wd: 'nonNegative', eps: 'nonNegative', trustCoeff: 'nonNegative', beta: 'nonNegative', mom: 'average', sqrMom: 'average',
};

/** What Keras, PyTorch, fastai and tf.train call the hypers of this package. */
const TRANSLATIONS: Readonly<Record<string, string>> = {
  learningRate: 'lr', rate: 'lr', momentum: 'mom', beta1: 'mom', beta2: 'sqrMom', rho: 'sqrMom', decay: 'sqrMom', epsilon: 'eps', weightDecay: 'wd', l2: 'wd',
};

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
  const range = Object.hasOwn(RANGES, name) ? RANGES[name] : undefined;
  if (range !== undefined && value < 0) throw new Error(`The hyper '${name}' can't be negative, got ${value}.`);
  if (range === 'average' && value >= 1) throw new Error(`The hyper '${name}' is the share of an average that is kept, from 0 to below 1; got ${value}.`);
}

/** The error for a hyper that nothing declares. */
export function unknownHyper(name: string, known: Iterable<string>): Error {
  const names = [...known];
  const camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const meant = Object.hasOwn(TRANSLATIONS, camel) ? TRANSLATIONS[camel] : camel !== name ? camel : undefined;
  const hint = meant !== undefined && names.includes(meant) ? ` '${name}' is '${meant}' here.` : '';
  return new Error(`No callback of this optimizer has a hyper '${name}'.${hint} Known: ${names.join(', ') || 'none'}.`);
}

/** The hypers of one group as users see them: reading and writing by name, every write checked. */
export function hyperView(values: Readonly<Record<string, Scalar>>, write: (name: string, value: unknown) => void): Record<string, Scalar> {
  return new Proxy({...values}, {
    get: (_, name) => typeof name === 'string' && Object.hasOwn(values, name) ? values[name] : undefined,
    has: (_, name) => name in values,
    ownKeys: () => Object.keys(values),
    getOwnPropertyDescriptor: (_, name) => typeof name === 'string' && Object.hasOwn(values, name)
      ? {value: values[name], writable: true, enumerable: true, configurable: true} : undefined,
    set: (_, name, value: unknown) => {
      write(String(name), value);
      return true;
    },
    deleteProperty: (_, name) => { throw new Error(`The hyper '${String(name)}' can't be removed.`); },
  });
}
