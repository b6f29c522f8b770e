import {COEFFICIENTS} from '../../callbacks/muon';
import type {Scalar} from '../../rule/declaration';
import type {Decay, Pieces} from '../training/chain_parts';
import type {StateRule} from '../training/tensors_of_state';

/**
 * Where a hyper of a PyTorch class comes from: one of our hypers; several in a tuple; a value that it must have; or an
 * option of our callbacks, which may be the index of a word.
 */
export type HyperSpec =
  string | readonly string[] | {readonly is: unknown} | {readonly option: string; readonly words?: readonly string[]};

/** One rule that an optimizer class of PyTorch or timm computes exactly as our callbacks do. */
export interface TorchRule extends StateRule {
  /** The class, as Python imports it. */
  readonly cls: string;
  /** Our callbacks, after decay. */
  readonly pieces: Pieces;
  /** The decay of the class. */
  readonly decay: Decay;
  /** A hyper of ours that the tensors of its state include, and ours do not. */
  readonly plus?: string;
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
const MOMENTS = {exp_avg: 'gradAvg', exp_avg_sq: 'sqrAvg'};
const AVERAGED = {averageGrad: {dampening: true}};
const SQUARED = {averageSqrGrad: {dampening: true}};

/** torch's AdamW is its Adam with a flag. The exact class is what users read. */
function adams(cls: string, decay: Decay): TorchRule[] {
  const rule = (amsgrad: boolean, pieces: Pieces): TorchRule => ({
    cls,
    decay,
    pieces: {...AVERAGED, ...SQUARED, ...pieces, adamStep: {}},
    state: {...MOMENTS, ...(amsgrad && {max_exp_avg_sq: 'maxSqrAvg'})},
    count: 'step',
    hypers: {...BETAS, decoupled_weight_decay: {is: decay === 'weightDecay'}, amsgrad: {is: amsgrad}},
  });
  return [
    rule(false, {stepStat: {}}),
    rule(true, {stepStat: {}, maxSqrGrad: {}}),
    rule(true, {maxSqrGrad: {}, stepStat: {}}),
  ];
}

/** Stochastic gradient descent. torch's adds decay to the gradient; timm's SGDW decays the weights. */
function sgds(cls: string, decay: Decay): TorchRule[] {
  const momentum: Pieces = {averageGrad: {dampening: false}};
  const hypers = {lr: 'lr', momentum: 'mom', weight_decay: 'wd', dampening: {is: 0}, nesterov: NO};
  const rule = {cls, decay, state: {momentum_buffer: 'gradAvg'}, hypers};
  return [
    {...rule, pieces: {sgdStep: {}}, state: {}, hypers: {...hypers, momentum: {is: 0}}},
    {...rule, pieces: {...momentum, momentumStep: {}}},
    {...rule, pieces: {...momentum, nesterovMomentumStep: {}}, hypers: {...hypers, nesterov: {is: true}}},
    {
      ...rule,
      pieces: {dampGrad: {}, ...momentum, momentumStep: {}},
      started: 'damped',
      hypers: {...hypers, dampening: {option: 'damp'}},
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
export const torchRules = /* @__PURE__ */ rules();

function rules(): readonly TorchRule[] {
  return [
    ...adams('torch.optim.AdamW', 'weightDecay'),
    ...adams('torch.optim.Adam', 'l2Reg'),
    ...sgds('torch.optim.SGD', 'l2Reg'),
    ...sgds('timm.optim.SGDW', 'weightDecay'),
    {
      cls: 'torch.optim.RMSprop',
      decay: 'l2Reg',
      pieces: {...SQUARED, rmsPropStep: {}},
      state: {square_avg: 'sqrAvg'},
      count: 'iterations',
      hypers: {lr: 'lr', alpha: 'sqrMom', eps: 'eps', weight_decay: 'wd', momentum: {is: 0}, centered: NO},
    },
    {
      cls: 'torch.optim.Adagrad',
      decay: 'l2Reg',
      pieces: {stepStat: {}, adagradStep: {epsInRoot: false}},
      state: {sum: 'sqrSum'},
      plus: 'initialAccumulatorValue',
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
      pieces: {adadeltaStep: {lag: false}},
      state: {square_avg: 'sqrAvg', acc_delta: 'sqrDelta'},
      count: 'iterations',
      hypers: {lr: 'lr', rho: 'sqrMom', eps: 'eps', weight_decay: 'wd'},
    },
    {
      cls: 'torch.optim.Adamax',
      decay: 'l2Reg',
      pieces: {...AVERAGED, stepStat: {}, adamaxStep: {epsOutside: false}},
      state: {exp_avg: 'gradAvg', exp_inf: 'maxGrad'},
      count: 'step',
      hypers: BETAS,
      lost: value => (value('lrDecay') === 0 ? [] : ["the hyper 'lrDecay'"]),
    },
    {
      cls: 'timm.optim.Lion',
      decay: 'weightDecay',
      pieces: {lionStep: {}},
      state: {exp_avg: 'lionAvg'},
      hypers: {lr: 'lr', betas: ['mom', 'slowMom'], weight_decay: 'wd', ...CAUTION},
    },
    {
      cls: 'timm.optim.NAdamW',
      decay: 'weightDecay',
      pieces: {...AVERAGED, ...SQUARED, stepStat: {}, nAdamWStep: {}},
      state: MOMENTS,
      count: 'step',
      hypers: {...BETAS, ...CAUTION},
    },
    {
      cls: 'torch.optim.Muon',
      decay: 'weightDecay',
      pieces: {...AVERAGED, muonStep: {}, orthogonalize: {}},
      state: {momentum_buffer: 'gradAvg'},
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
}
