import type * as tf from '@tensorflow/tfjs-core';

import type {weightDecay} from '../callbacks/decay';
import {COEFFICIENTS, LR_SCALES, muonStep, orthogonalize} from '../callbacks/muon';
import type {SkipSettings} from '../callbacks/skip_settings';
import {averageGrad} from '../callbacks/stats';
import {checkNeeded} from '../optimizer/needed_settings';
import type {Optimizer} from '../optimizer/optimizer';
import {Partition, type PartitionSettings, type PartVariables, type RestSpec} from '../optimizer/partition';
import {checkDecay, type Options, type Registering, rowFactory} from '../optimizer/row';
import {checkRowArguments} from '../optimizer/row_arguments';
import {
  type AnyCallback,
  type BaseSettings,
  type DecaySettings,
  type Settings,
  STEP_SETTINGS,
} from '../optimizer/settings';
import {registerTaker, type SavedTaker} from '../params/takers';
import {type Params, variablesOf} from '../params/variables_of';
import {weightKind} from '../params/weight_kind';
import {chainOf} from '../rule/chain';
import type {Callback} from '../rule/declaration';
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
  /** Decay the weights themselves (true, the default), or add `wd·p` to the gradient, in both parts. */
  readonly decoupleWd?: boolean;
  /** The decay of both parts in place of `weightDecay`, as for every optimizer. */
  readonly decay?: AnyCallback;
  /**
   * The optimizer of everything else, without `params`. It keeps its own decay: `wd`, `decay` and `decoupleWd` then act
   * on Muon's part only. Default: `adamW(lr, {mom: 0.9, sqrMom: 0.95, wd})`.
   */
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
  'decoupleWd',
  'decay',
  'rest',
]);

type Callbacks = readonly AnyCallback[];

/** `muon`, and what registers it. */
type MuonFactory = typeof made & Registering;

/** Everything that `muon` is given beside the learning rate. */
export type MuonOptions<P extends Callbacks, A extends Callbacks, D extends AnyCallback = never> = object &
  MuonSettings &
  BaseSettings &
  SkipSettings & {readonly callbacks?: P; readonly after?: A; readonly decay?: D} & Partial<
    Settings<readonly [...P, ...A]>
  > &
  DecaySettings<D>;

const row = /* @__PURE__ */ rowFactory({
  name: NAME,
  hypers: HYPERS_OF_MUON,
  extra: {},
  options: ['nesterov', 'nsSteps', 'coefficients', 'lrScale', 'batched', 'normalizeSpatial', 'safety', 'scaleEps'],
  chain: () => [averageGrad.with({dampening: true}), muonStep, orthogonalize],
});

/** The optimizer of the kernels. Options of its callbacks are settings, too, so that groups can differ. */
function partOf(lr: HyperValue, settings: Readonly<Record<string, HyperValue | AnyCallback>>): MuonPart;
function partOf(lr: HyperValue, settings: object): Optimizer<readonly Callback[]> {
  const open: Options<typeof row.row, Callbacks, Callbacks, AnyCallback> = {...settings};
  return row<Callbacks, Callbacks, AnyCallback>(lr, open);
}

/** See {@link muon}. */
function made<
  const P extends Callbacks = readonly [],
  const A extends Callbacks = readonly [],
  const D extends AnyCallback = never,
>(lr?: HyperValue, options?: MuonOptions<P, A, D>, ...more: undefined[]): Partition<MuonParts, P, A>;
function made(lr: HyperValue = 1e-3, options?: object, ...more: undefined[]): Partition<MuonParts> {
  checkRowArguments(NAME, HYPERS_OF_MUON, lr, [options, ...more]);
  const {own, decaying, others} = divided(options);
  const {wd = HYPERS_OF_MUON.wd, coefficients, lrScale, convMode, head, of, rest, decay, decoupleWd, ...given} = own;
  if (head !== undefined && of !== undefined)
    throw new Error("muon: 'head' and 'of' both say what Muon trains; give one of them.");
  checkNeeded(NAME, own, {normalizeSpatial: {convMode: 'batched'}}, {normalizeSpatial: true, convMode: 'flatten'});
  const values = {
    ...given,
    coefficients: indexIn('coefficients', COEFFICIENTS, coefficients),
    lrScale: indexIn('lrScale', LR_SCALES, lrScale),
    batched: convMode === undefined ? undefined : indexIn('convMode', CONV_MODES, convMode) === 1,
  };
  if (decay !== undefined) checkDecay(NAME, decay);
  const common = {
    wd,
    ...decaying,
    ...(decay !== undefined && 'lr0' in decay.hypers && !('lr0' in decaying) && {lr0: lr}),
  };
  const kinds = {...(decay && {decay}), ...(decoupleWd !== undefined && {decoupleWd})};
  const optimizer = new Partition(
    [
      {
        of: of ?? kernels(head === undefined ? [] : headVariables(head)),
        by: partOf(first('lr', lr), {...firstOf({...values, ...common}), ...kinds}),
        keepMom: true,
        name: NAME,
      },
      rest === undefined
        ? {
            by: adamW<Callbacks, Callbacks, AnyCallback>(first('lr', lr), {
              mom: 0.9,
              sqrMom: 0.95,
              ...firstOf(common),
              ...kinds,
            }),
            name: 'adamW',
          }
        : {by: rest},
    ],
    others,
  );
  // An optimizer without `params` has one group, so lists can be set only now.
  optimizer.parts[0].setHyper(listsIn({...values, lr, ...common}));
  if (rest === undefined) optimizer.parts[1].setHyper(listsIn({lr, ...common}));
  return optimizer;
}

/** The values that are lists of one value per group. */
function listsIn(values: Readonly<Record<string, HyperValue | undefined>>): Record<string, HyperValue> {
  const lists = new Map<string, HyperValue>();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && isIterable<HyperValue>(value)) lists.set(name, value);
  return Object.fromEntries(lists);
}

/** The first value of each list; other values as they are, unless they are undefined. */
function firstOf(values: Readonly<Record<string, HyperValue | undefined>>): Record<string, HyperValue> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, first(name, value)] as const],
    ),
  );
}

function first(name: string, value: HyperValue): HyperValue {
  if (!isIterable<HyperValue>(value)) return value;
  const [one] = [...value];
  if (one === undefined)
    throw new Error(`muon: '${name}' must be a value, or a list with one value per group; got an empty list.`);
  return one;
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
 * @example
 * ```ts
 * model.compile({optimizer: muon(1e-3, {wd: 0.1}), loss: 'meanSquaredError'});
 * ```
 */
export const muon = /* @__PURE__ */ withRegister();

/**
 * The settings that only `muon` has, those of its decay, and those of a partition.
 * @throws for a setting that nothing has.
 */
function divided(options: object | undefined): {
  readonly own: MuonSettings;
  readonly decaying: Readonly<Record<string, HyperValue>>;
  readonly others: PartitionSettings<Callbacks, Callbacks>;
} {
  const own: MuonSettings = {...options};
  const decaying: Record<string, HyperValue> = {...options};
  const others: PartitionSettings<Callbacks, Callbacks> = {...options};
  const {callbacks = [], after = []} = others;
  const around = chainOf([...listOf<AnyCallback>(callbacks), ...listOf<AnyCallback>(after)]);
  const ofOthers = [...around.hypers.keys(), ...around.options.keys()];
  const ofDecay = Object.keys({...own.decay?.hypers, ...own.decay?.options});
  for (const [name, value] of Object.entries({...options})) {
    const owner = MUONS.has(name)
      ? own
      : ofDecay.includes(name)
        ? decaying
        : STEP_SETTINGS.includes(name) || ofOthers.includes(name)
          ? others
          : undefined;
    if (owner === undefined && value !== undefined) {
      const hypers = ['lr', ...Object.keys(HYPERS_OF_MUON), ...ofDecay, ...ofOthers];
      throw unknownHyper(name, hypers, [...[...MUONS].filter(one => !hypers.includes(one)), ...STEP_SETTINGS]);
    }
    for (const one of [own, decaying, others])
      if (one !== owner || value === undefined) Reflect.deleteProperty(one, name);
  }
  return {own, decaying, others};
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
  const given: unknown = member;
  // Other things are refused as other parameters are.
  if (typeof given !== 'object' || given === null) return member;
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
