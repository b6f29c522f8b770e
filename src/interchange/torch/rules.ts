import {COEFFICIENTS} from '../../callbacks/muon';
import type {Scalar} from '../../rule/declaration';
import type {Decay, Piece} from '../training/chain_parts';

/**
 * Where a hyper of a PyTorch class comes from: one of our hypers; several in a tuple; a value that it must have; or an
 * option of our callbacks, which may be the index of a word.
 */
export type HyperSpec =
  string | readonly string[] | {readonly is: unknown} | {readonly option: string; readonly words?: readonly string[]};

/** One tensor of a parameter's state. */
export interface StateEntry {
  readonly theirs: string;
  readonly ours: string;
  /** A hyper of ours that their tensor includes, and ours does not. */
  readonly plus?: string;
}

/** One rule that an optimizer class of PyTorch or timm computes exactly as our callbacks do. */
export interface TorchRule {
  /** The class, as Python imports it. */
  readonly cls: string;
  /** Our callbacks, after decay. */
  readonly pieces: readonly Piece[];
  /** The decay of the class. */
  readonly decay: Decay;
  /** The state that has the parameter's shape. */
  readonly state: readonly StateEntry[];
  /**
   * Where its `step` comes from: our count of the parameter's steps, or the optimizer's steps where we do not count.
   * Absent: it has no `step`.
   */
  readonly count?: 'step' | 'iterations';
  /** An entry of ours, a scalar that is 1 from the first step on, and that it does not have. */
  readonly started?: string;
  /** Whether it makes the state when it is constructed, so that no parameter may be without. */
  readonly eager?: true;
  /** Whether its parameters must be matrices. */
  readonly matrices?: true;
  /** Its hypers, from ours. */
  readonly hypers: Readonly<Record<string, HyperSpec>>;
  /** What it can't compute, by the values of hypers and options of one group. */
  readonly lost?: (value: (name: string) => Scalar | undefined) => readonly string[];
}

const BETAS = {lr: 'lr', betas: ['mom', 'sqrMom'], eps: 'eps', weight_decay: 'wd'} as const;
const NO: HyperSpec = {is: false};
const YES: HyperSpec = {is: true};
const MOMENTS: readonly StateEntry[] = [
  {theirs: 'exp_avg', ours: 'gradAvg'},
  {theirs: 'exp_avg_sq', ours: 'sqrAvg'},
];
const AVERAGES: readonly Piece[] = [
  {name: 'averageGrad', options: {dampening: true}},
  {name: 'averageSqrGrad', options: {dampening: true}},
  {name: 'stepStat'},
];

/** torch's AdamW is its Adam with a flag. The exact class is what users read. */
function adams(cls: string, decay: Decay): TorchRule[] {
  const hypers = {...BETAS, decoupled_weight_decay: {is: decay === 'weightDecay'}};
  return [
    {
      cls,
      decay,
      pieces: [...AVERAGES, {name: 'adamStep'}],
      state: MOMENTS,
      count: 'step',
      hypers: {...hypers, amsgrad: NO},
    },
    {
      cls,
      decay,
      pieces: [...AVERAGES, {name: 'maxSqrGrad'}, {name: 'adamStep'}],
      state: [...MOMENTS, {theirs: 'max_exp_avg_sq', ours: 'maxSqrAvg'}],
      count: 'step',
      hypers: {...hypers, amsgrad: YES},
    },
    {
      cls,
      decay,
      pieces: [...AVERAGES.slice(0, 2), {name: 'maxSqrGrad'}, {name: 'stepStat'}, {name: 'adamStep'}],
      state: [...MOMENTS, {theirs: 'max_exp_avg_sq', ours: 'maxSqrAvg'}],
      count: 'step',
      hypers: {...hypers, amsgrad: YES},
    },
  ];
}

/** Stochastic gradient descent. torch's adds decay to the gradient; timm's SGDW decays the weights. */
function sgds(cls: string, decay: Decay): TorchRule[] {
  const state: readonly StateEntry[] = [{theirs: 'momentum_buffer', ours: 'gradAvg'}];
  const momentum = {name: 'averageGrad', options: {dampening: false}};
  const hypers = {lr: 'lr', momentum: 'mom', weight_decay: 'wd'};
  return [
    {
      cls,
      decay,
      pieces: [{name: 'sgdStep'}],
      state: [],
      hypers: {...hypers, momentum: {is: 0}, dampening: {is: 0}, nesterov: NO},
    },
    {
      cls,
      decay,
      pieces: [momentum, {name: 'momentumStep'}],
      state,
      hypers: {...hypers, dampening: {is: 0}, nesterov: NO},
    },
    {
      cls,
      decay,
      pieces: [momentum, {name: 'nesterovMomentumStep'}],
      state,
      hypers: {...hypers, dampening: {is: 0}, nesterov: YES},
    },
    {
      cls,
      decay,
      pieces: [{name: 'dampGrad'}, momentum, {name: 'momentumStep'}],
      state,
      started: 'damped',
      hypers: {...hypers, dampening: {option: 'damp'}, nesterov: NO},
    },
  ];
}

/** `nAdamWStep` and `lionStep` are timm's rules. */
const CAUTION = {caution: NO, corrected_weight_decay: NO};
/** The factors of Muon's rate, by our index. torch has no counterpart of the last one. */
const ADJUSTMENTS = ['match_rms_adamw', 'original'];

/**
 * The rules that PyTorch 2.9 and timm 1.0 compute as ours do. Where several fit, the first one whose decay is ours is
 * taken.
 *
 * What differs by rounding only: torch debiases in float64 and we do, too; its averages are `lerp`. `torch.optim.Muon`
 * iterates in bfloat16, so its updates differ by about 1e-2 from those in float32.
 */
export const torchRules: readonly TorchRule[] = [
  ...adams('torch.optim.AdamW', 'weightDecay'),
  ...adams('torch.optim.Adam', 'l2Reg'),
  ...sgds('torch.optim.SGD', 'l2Reg'),
  ...sgds('timm.optim.SGDW', 'weightDecay'),
  {
    cls: 'torch.optim.RMSprop',
    decay: 'l2Reg',
    pieces: [{name: 'averageSqrGrad', options: {dampening: true}}, {name: 'rmsPropStep'}],
    state: [{theirs: 'square_avg', ours: 'sqrAvg'}],
    count: 'iterations',
    hypers: {lr: 'lr', alpha: 'sqrMom', eps: 'eps', weight_decay: 'wd', momentum: {is: 0}, centered: NO},
  },
  {
    cls: 'torch.optim.Adagrad',
    decay: 'l2Reg',
    pieces: [{name: 'stepStat'}, {name: 'adagradStep', options: {epsInRoot: false}}],
    state: [{theirs: 'sum', ours: 'sqrSum', plus: 'initialAccumulatorValue'}],
    count: 'step',
    eager: true,
    hypers: {
      lr: 'lr',
      lr_decay: 'lrDecay',
      eps: 'eps',
      weight_decay: 'wd',
      initial_accumulator_value: 'initialAccumulatorValue',
    },
  },
  {
    cls: 'torch.optim.Adadelta',
    decay: 'l2Reg',
    pieces: [{name: 'adadeltaStep', options: {lag: false}}],
    state: [
      {theirs: 'square_avg', ours: 'sqrAvg'},
      {theirs: 'acc_delta', ours: 'sqrDelta'},
    ],
    count: 'iterations',
    hypers: {lr: 'lr', rho: 'sqrMom', eps: 'eps', weight_decay: 'wd'},
  },
  {
    cls: 'torch.optim.Adamax',
    decay: 'l2Reg',
    pieces: [
      {name: 'averageGrad', options: {dampening: true}},
      {name: 'stepStat'},
      {name: 'adamaxStep', options: {epsOutside: false}},
    ],
    state: [
      {theirs: 'exp_avg', ours: 'gradAvg'},
      {theirs: 'exp_inf', ours: 'maxGrad'},
    ],
    count: 'step',
    hypers: BETAS,
    lost: value => (value('lrDecay') === 0 ? [] : ["the hyper 'lrDecay'"]),
  },
  {
    cls: 'timm.optim.Lion',
    decay: 'weightDecay',
    pieces: [{name: 'lionStep'}],
    state: [{theirs: 'exp_avg', ours: 'lionAvg'}],
    hypers: {lr: 'lr', betas: ['mom', 'slowMom'], weight_decay: 'wd', ...CAUTION},
  },
  {
    cls: 'timm.optim.NAdamW',
    decay: 'weightDecay',
    pieces: [...AVERAGES, {name: 'nAdamWStep'}],
    state: MOMENTS,
    count: 'step',
    hypers: {...BETAS, ...CAUTION},
  },
  {
    cls: 'torch.optim.Muon',
    decay: 'weightDecay',
    pieces: [{name: 'averageGrad', options: {dampening: true}}, {name: 'muonStep'}, {name: 'orthogonalize'}],
    state: [{theirs: 'momentum_buffer', ours: 'gradAvg'}],
    matrices: true,
    hypers: {
      lr: 'lr',
      momentum: 'mom',
      eps: 'eps',
      weight_decay: 'wd',
      nesterov: {option: 'nesterov'},
      ns_steps: {option: 'nsSteps'},
      ns_coefficients: {is: COEFFICIENTS.original[0]},
      adjust_lr_fn: {option: 'lrScale', words: ADJUSTMENTS},
    },
    lost: value => [
      ...(value('coefficients') === 0 ? [] : ["the 'coefficients' (torch has one triple, that of 'original')"]),
      ...(Number(value('lrScale')) < ADJUSTMENTS.length ? [] : ["the 'lrScale' rmsToRms"]),
      ...(value('safety') === 1 && value('scaleEps') === false ? [] : ["'safety' and 'scaleEps'"]),
      ...(Number(value('nsSteps')) < 100 ? [] : ["'nsSteps' of 100 and more"]),
    ],
  },
];
