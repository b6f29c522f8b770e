import {isDict} from '../../util/config_reader';
import {own} from '../../util/own';
import {guarded} from './guarded_initializer';
import {ACTIVATIONS} from './layer_table';

export type Dict = Readonly<Record<string, unknown>>;

/** A class and its configuration, in either framework. */
export interface ClassConfig {
  readonly name: string;
  readonly config: Dict;
}

/** The entries of an object without some of them. */
export function without(dict: Dict, ...keys: readonly string[]): Dict {
  return Object.fromEntries(Object.entries(dict).filter(([key]) => !keys.includes(key)));
}

/** The elements of a list; none where it is something else. */
export function items(x: unknown): readonly unknown[] {
  return Array.isArray(x) ? Array.from(x, (one: unknown) => one) : [];
}

/** `kernel_size` → `kernelSize`. */
export const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
/** `kernelSize` → `kernel_size`. */
export const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

/** Words that are values and not names: Keras has them with underscores. */
const WORDS = /^(data_?[fF]ormat|mode|distribution)$/;
const KINDS = /_?(initializer|regularizer|constraint)$/i;
const ACTIVATION = /activation$/i;

/** Initializers, regularizers and constraints by Keras's name, where TensorFlow.js's differs. */
const CLASSES: Readonly<Record<string, string>> = {
  LecunNormal: 'LeCunNormal',
  LecunUniform: 'LeCunUniform',
  L1: 'L1L2',
  L2: 'L1L2',
};
const KNOWN = new Set(
  (
    'Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LeCunNormal LeCunUniform Ones Orthogonal ' +
    'RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros L1L2 MaxNorm MinMaxNorm NonNeg UnitNorm'
  ).split(' '),
);

/** The value of an argument in TensorFlow.js. @throws where it has none. */
export function valueHere(key: string, value: unknown, where: string): unknown {
  if (value === null || value === undefined) return value;
  if (KINDS.test(key)) {
    const {name, config} = classIn(value, 'class_name', where, key);
    const ours = own(CLASSES, name) ?? name;
    if (!KNOWN.has(ours)) throw lacking(where, key, name);
    const {seed} = config;
    const rest = without(config, 'input_axes', 'output_axes', 'seed');
    const converted = Object.fromEntries(
      Object.entries({...rest, ...(typeof seed === 'number' && {seed})}).map(([inner, one]) => [
        camel(inner),
        wordHere(inner, one),
      ]),
    );
    return key.endsWith('_initializer') ? guarded(ours, converted) : {className: ours, config: converted};
  }
  if (ACTIVATION.test(key)) {
    const ours = typeof value === 'string' ? own(ACTIVATIONS, value) : undefined;
    if (ours === undefined) throw lacking(where, key, value);
    return ours;
  }
  return wordHere(key, value);
}

/** The value of an argument in Keras. @throws where it has none. */
export function valueThere(key: string, value: unknown, where: string): unknown {
  if (value === null || value === undefined) return null;
  if (KINDS.test(key)) {
    const {name, config} = classIn(value, 'className', where, key);
    if (!KNOWN.has(name)) throw lackingThere(where, key, name);
    const kind = KINDS.exec(key)?.[1]?.toLowerCase();
    return {
      module: `keras.${String(kind)}s`,
      class_name: Object.entries(CLASSES).find(([, ours]) => ours === name && name !== 'L1L2')?.[0] ?? name,
      config: Object.fromEntries(
        Object.entries(config)
          .filter(([, one]) => one !== undefined)
          .map(([inner, one]) => [snake(inner), wordThere(inner, one)]),
      ),
      registered_name: null,
    };
  }
  if (ACTIVATION.test(key)) {
    const theirs = Object.entries(ACTIVATIONS).find(([, ours]) => ours === value)?.[0];
    if (theirs === undefined) throw lackingThere(where, key, value);
    return theirs;
  }
  return wordThere(key, value);
}

const wordHere = (key: string, value: unknown) =>
  // TensorFlow.js has no normal distribution that is not truncated.
  WORDS.test(key) && typeof value === 'string' ? camel(value).replace('untruncatedNormal', 'normal') : value;

const wordThere = (key: string, value: unknown) =>
  WORDS.test(key) && typeof value === 'string' ? snake(value).replace(/^normal$/, 'truncated_normal') : value;

function classIn(value: unknown, nameKey: string, where: string, key: string): ClassConfig {
  const name = isDict(value) ? value[nameKey] : undefined;
  const config = isDict(value) ? (value['config'] ?? {}) : undefined;
  if (typeof name !== 'string' || !isDict(config)) throw lacking(where, key, value);
  return {name, config};
}

const HARD_SIGMOID =
  ' Its hard sigmoid is max(0, min(1, 0.2x + 0.5)), and that of Keras 3 is relu6(x + 3)/6: use sigmoid instead.';

const CHANGE = ' Change the model in Keras before you save it.';

/** The error for a value that TensorFlow.js lacks. */
export function lacking(where: string, key: string, value: unknown): Error {
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return new Error(
    `${where} has ${key} ${text}, which TensorFlow.js lacks.` + (value === 'hard_sigmoid' ? HARD_SIGMOID : CHANGE),
  );
}

/** The error for something else that can't be read. @param what it is, as the rest of a sentence. */
export const notReadable = (where: string, what: string) => new Error(`${where} ${what}.${CHANGE}`);

function lackingThere(where: string, key: string, value: unknown): Error {
  return new Error(
    `${where} has ${key} '${String(value)}', which Keras 3 lacks.` +
      (value === 'hardSigmoid' ? HARD_SIGMOID.replace('Its hard', 'TensorFlow.js’s hard').replace('’', "'") : ''),
  );
}
