import type * as tf from '@tensorflow/tfjs-core';

import {weightDecay} from '../callbacks/decay';
import {COEFFICIENTS, LR_SCALES, muonStep, orthogonalize} from '../callbacks/muon';
import {type SkipSettings} from '../callbacks/skip';
import {averageGrad} from '../callbacks/stats';
import {Optimizer} from '../optimizer/optimizer';
import {Partition, type PartitionSettings, type PartVariables, type RestSpec} from '../optimizer/partition';
import {withDefaults} from '../optimizer/row';
import {checkRowArguments} from '../optimizer/row_arguments';
import type {AnyCallback, BaseSettings, Settings} from '../optimizer/settings';
import {registerTaker, type SavedTaker} from '../params/takers';
import {type Params, variablesOf} from '../params/variables_of';
import {weightKind} from '../params/weight_kind';
import {chainOf} from '../rule/chain';
import {unknownHyper} from '../rule/hypers';
import type {HyperValue} from '../rule/slice';
import {hasName} from '../state/matching';
import {at} from '../util/at';
import {list, text} from '../util/config_reader';
import {isIterable, listOf} from '../util/iterable';
import {shown} from '../util/shown';
import {adamW} from './fastai';

/** The part of `muon` that Muon trains. */
type MuonPart = Optimizer<readonly [typeof weightDecay, typeof averageGrad, typeof muonStep, typeof orthogonalize]>;
/** The parts of `muon`: kernels, and the rest. */
export type MuonParts = readonly [{readonly of: PartVariables; readonly by: MuonPart}, RestSpec];

/** One value, or one per group. */
type PerGroup<T> = T | readonly T[];

/** Settings of `muon` beside those of every optimizer. */
export interface MuonSettings {
  /** The share of the average of gradients that each step keeps, in [0, 1). Default 0.95. */
  readonly mom?: HyperValue;
  /** Weight decay of both parts, from 0. Default 0.1. */
  readonly wd?: HyperValue;
  /** The least norm that an update is divided by, from 0. Default 1e-7. */
  readonly eps?: HyperValue;
  /** Whether the gradient counts once more beside its average. Default true. */
  readonly nesterov?: PerGroup<boolean>;
  /** The number of Newton–Schulz steps, a whole number from 1. Default 5. */
  readonly nsSteps?: number;
  /** The coefficients of these steps: 'original' (default), 'quintic', 'polarExpress' or 'polarExpressSafer'. */
  readonly coefficients?: keyof typeof COEFFICIENTS;
  /**
   * The factor of the learning rate for matrices [in, out]: 'matchRmsAdamW' (default), `0.2·√max(in, out)`, with which
   * AdamW's rate suits both parts; 'original', `√max(1, out/in)`; 'rmsToRms', `√(out/in)`.
   */
  readonly lrScale?: PerGroup<keyof typeof LR_SCALES>;
  /**
   * A convolution's kernel [h, w, in, out] as one matrix [h·w·in, out] ('flatten', the default), or as h·w matrices
   * [in, out] ('batched').
   */
  readonly convMode?: 'flatten' | 'batched';
  /** Whether the factor of the rate is divided by `√(h·w)` where `convMode` is 'batched'. Default true. */
  readonly normalizeSpatial?: boolean;
  /** The norm of an update is multiplied by it before the steps, from 1. 1.02 suits 'polarExpress'. Default 1. */
  readonly safety?: number;
  /** Whether `eps·√(in/out)` is added to the norm, instead of being its least value. Default false. */
  readonly scaleEps?: boolean;
  /**
   * What is trained by the other optimizer although Muon could train it: variables, layers, or a model, which stands
   * for its last layer with weights. Default: nothing.
   */
  readonly head?: Params | Iterable<Params>;
  /** What Muon trains, in place of the rule below. It is not saved. Default: the rule. */
  readonly of?: PartVariables;
  /** The optimizer of everything else, without `params`. Default: `adamW(lr, {mom: 0.9, sqrMom: 0.95, wd})`. */
  readonly rest?: Optimizer;
}

const HYPERS_OF_MUON = {mom: 0.95, wd: 0.1, eps: 1e-7};
/** The axes of a matrix must have at least this length. */
const LEAST = 4;
/** How many times longer than the other one an axis can be. */
const THINNEST = 128;
/** Depthwise kernels have one input per channel. A row of an embedding is used by itself. */
const NOT_KERNELS = /\/(embeddings|depthwise_kernel)(_\d+)?$/;
const NAME = 'muon';
const TAKER = 'muonKernels';
const CONV_MODES = {flatten: 0, batched: 1};

const MUONS: ReadonlySet<string> = new Set<keyof MuonSettings>([
  'mom',
  'wd',
  'eps',
  'nesterov',
  'nsSteps',
  'coefficients',
  'lrScale',
  'convMode',
  'normalizeSpatial',
  'safety',
  'scaleEps',
  'head',
  'of',
  'rest',
]);

/** Settings of every partition. */
const SETTINGS: ReadonlySet<string> = new Set<keyof BaseSettings | keyof SkipSettings | 'callbacks' | 'after'>([
  'params',
  'trainBn',
  'wdBnBias',
  'noWd',
  'skipNonFinite',
  'maxGradNorm',
  'callbacks',
  'after',
]);

type Callbacks = readonly AnyCallback[];

/** `muon`, and what registers it. */
type MuonFactory = typeof made & {
  /**
   * Makes sure that the rule is part of a bundle, so that a model that was saved with it can be loaded. Making an
   * optimizer does this too. A page that only loads must call it before `tf.loadLayersModel`.
   */
  register(): void;
};

/** Everything that `muon` is given beside the learning rate. */
export type MuonOptions<P extends Callbacks, A extends Callbacks> = object &
  MuonSettings &
  BaseSettings &
  SkipSettings & {readonly callbacks?: P; readonly after?: A} & Partial<Settings<readonly [...P, ...A]>>;

/** See {@link muon}. */
function made<
  const P extends Callbacks = readonly [],
  const A extends Callbacks = readonly [],
  // The factories of the table have the same type parameters, so that the compiler can call any of them.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-unnecessary-type-parameters -- So.
  const D extends AnyCallback = never,
>(lr?: HyperValue, options?: MuonOptions<P, A>, ...more: undefined[]): Partition<MuonParts, P, A>;
function made(lr: HyperValue = 1e-3, options?: object, ...more: undefined[]): Partition<MuonParts> {
  checkRowArguments('muon', HYPERS_OF_MUON, lr, [options, ...more]);
  const {
    wd = HYPERS_OF_MUON.wd,
    coefficients,
    lrScale,
    convMode,
    head,
    of,
    rest,
    ...given
  }: MuonSettings = divided(options).own;
  const settings: PartitionSettings<Callbacks, Callbacks> = divided(options).others;
  if (head !== undefined && of !== undefined)
    throw new Error("muon: 'head' and 'of' both say what Muon trains; give one of them.");
  const values = {
    lr,
    ...withDefaults(HYPERS_OF_MUON, {
      ...given,
      wd,
      coefficients: indexIn('coefficients', COEFFICIENTS, coefficients),
      lrScale: indexIn('lrScale', LR_SCALES, lrScale),
      batched: convMode === undefined ? undefined : indexIn('convMode', CONV_MODES, convMode) === 1,
    }),
  };
  const by: MuonPart = new Optimizer(
    [weightDecay, averageGrad.with({dampening: true}), muonStep, orthogonalize],
    {...values, ...Object.fromEntries(Object.entries(listsIn(values)).map(([name, list]) => [name, first(list)]))},
    {},
    [NAME],
  );
  const optimizer = new Partition(
    [
      {of: of ?? kernels(head === undefined ? [] : headVariables(head)), by, keepMom: true, name: NAME},
      rest === undefined ? {by: adamW(first(lr), {mom: 0.9, sqrMom: 0.95, wd: first(wd)}), name: 'adamW'} : {by: rest},
    ],
    settings,
  );
  // An optimizer without `params` has one group, so lists can be set only now.
  optimizer.parts[0].setHyper(listsIn(values));
  if (rest === undefined) optimizer.parts[1].setHyper(listsIn({lr, wd}));
  return optimizer;
}

/** The values that are lists of one value per group. */
function listsIn(values: Readonly<Record<string, HyperValue | undefined>>): Record<string, HyperValue> {
  const lists = new Map<string, HyperValue>();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && isIterable<HyperValue>(value)) lists.set(name, value);
  return Object.fromEntries(lists);
}

/** The first value of a list; another value as it is. */
function first(value: HyperValue): HyperValue {
  return isIterable<HyperValue>(value) ? at([...value], 0) : value;
}

/**
 * Muon for kernels, and AdamW for everything else: a {@link Partition} of two parts, which make one step. The kernels'
 * update is the momentum, made orthogonal by a matrix iteration: see {@link muonStep} and {@link orthogonalize}. Decay
 * first, in both parts: `p ← p·(1 - lr·wd)`. Defaults: `lr` 1e-3, `mom` 0.95, `wd` 0.1, `eps` 1e-7, five steps of the
 * `original` coefficients, Nesterov momentum. They are those of Liu et al. (2025), and, except for
 * the factor of the rate, those of PyTorch's Muon. The factor lets both parts have one rate, as in timm.
 *
 * Muon takes variables of two axes or more whose last axis has the outputs: dense, convolution and recurrent kernels.
 * AdamW takes what is left: biases, normalization, embeddings and depthwise kernels, by their names; and kernels for
 * which a matrix makes little sense: fewer than two axes longer than 1, one input or one output, a smaller side below
 * 4, or one side 128 times the other. `summary()` shows who is where. The rule is saved with the optimizer.
 *
 * A recurrent kernel [in, 4·units] is one matrix, as in PyTorch's and timm's Muon, because no name tells the `kernel`
 * of an LSTM from that of a dense layer. A depthwise kernel [h, w, in, multiplier] has one input per channel, so there
 * is no matrix to orthogonalize.
 * @formula `m ← mom·m + (1 - mom)·g`, `p ← p - lr·0.2·√max(in, out)·NS(mom·m + (1 - mom)·g)`; NS replaces all singular
 *   values by numbers near 1
 * @source Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024; Liu et al., Muon is Scalable
 *   for LLM Training, 2025
 * @memory 1 for kernels, 2 for the rest
 * @use Training dense, convolution and recurrent nets from scratch: it often needs fewer steps than AdamW. AdamW's rate
 *   and decay are a good start. Jordan gives the last layer to AdamW, too: `head: model`.
 * @avoid Fine-tuning of what AdamW has trained. Large kernels with small batches: a step multiplies matrices 15 times
 *   per kernel, which can take longer than the gradient.
 */
export const muon = /* @__PURE__ */ withRegister();

/** The settings that only `muon` has, and those of a partition. @throws for a setting that nothing has. */
function divided(options: object | undefined): {
  readonly own: MuonSettings;
  readonly others: PartitionSettings<Callbacks, Callbacks>;
} {
  const own: MuonSettings = {...options};
  const others: PartitionSettings<Callbacks, Callbacks> = {...options};
  for (const [name, value] of Object.entries({...options})) {
    if (value === undefined || !MUONS.has(name)) Reflect.deleteProperty(own, name);
    if (value === undefined || MUONS.has(name)) Reflect.deleteProperty(others, name);
  }
  const {callbacks = [], after = []} = others;
  const around = chainOf([...listOf<AnyCallback>(callbacks), ...listOf<AnyCallback>(after)]);
  const known = [...around.hypers.keys(), ...around.options.keys()];
  const odd = Object.keys(others).find(name => !SETTINGS.has(name) && !known.includes(name));
  if (odd !== undefined) throw unknownHyper(odd, ['lr', ...MUONS, ...known]);
  return {own, others};
}

/** The index of a word, or of one per group, in a table. @throws for a word that it does not have. */
function indexIn(setting: string, table: object, words: PerGroup<string> | undefined): HyperValue | undefined {
  if (words === undefined) return undefined;
  const names = Object.keys(table);
  const indices = listOf<unknown>(words).map(word => {
    const index = names.findIndex(name => name === word);
    if (index < 0) throw new Error(`muon: '${setting}' must be ${names.map(shown).join(' or ')}; got ${shown(word)}.`);
    return index;
  });
  return indices.length === 1 ? indices[0] : indices;
}

/** The variables of the head. A model stands for its last layer with weights. */
function headVariables(head: Params | Iterable<Params>): tf.Variable[] {
  return variablesOf(listOf<Params>(head).map(outputOf)).flat();
}

function outputOf(member: Params): Params {
  if (!('layers' in member) || !Array.isArray(member.layers)) return member;
  const last: Params | undefined = member.layers.filter(({weights}) => weights.length > 0).at(-1);
  return last === undefined ? member : outputOf(last);
}

/** Whether Muon trains a variable, by its shape and its name. */
function isKernel(variable: tf.Variable): boolean {
  const {shape, rank, name} = variable;
  if (rank < 2 || weightKind(variable) !== undefined || NOT_KERNELS.test(name)) return false;
  const [inputs, outputs] = [at(shape, rank - 2), at(shape, rank - 1)];
  const rows = variable.size / outputs;
  const least = Math.min(rows, outputs);
  return (
    shape.filter(length => length > 1).length > 1 &&
    inputs > 1 &&
    outputs > 1 &&
    least >= LEAST &&
    Math.max(rows, outputs) < THINNEST * least
  );
}

/**
 * Takes the kernels but those of the head.
 * @param head the variables of the head, or their names where the optimizer was loaded.
 */
function kernels(head: ReadonlyArray<tf.Variable | string>): SavedTaker {
  const isHead = (variable: tf.Variable) =>
    head.some(one => (typeof one === 'string' ? hasName(variable, one) : one === variable));
  return Object.assign((variable: tf.Variable) => isKernel(variable) && !isHead(variable), {
    toConfig: () => ({name: TAKER, head: head.map(one => ({name: typeof one === 'string' ? one : one.name}))}),
  });
}

/** Makes the factory. In a call that is marked as pure, so that bundles leave the rule out where it is not used. */
function withRegister(): MuonFactory {
  registerTaker(TAKER, config => kernels(list(config, 'head').map(variable => text(variable, 'name'))));
  return Object.assign(made, {
    register: () => {
      Partition.register();
    },
  });
}
