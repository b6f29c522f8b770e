import {
  adaBelief,
  adan,
  adEMAMix,
  adopt,
  cautious,
  type HyperValue,
  independentDecay,
  laProp,
  mars,
} from '../../../src';
import {present} from '../present';
import type {Adapter} from './adapter';
import {numberOf} from './group_numbers';
import type {RecordedHypers} from './recorded_hypers';

/** The rules that vary Adam's averages: AdaBelief, Adan, ADOPT, LaProp, MARS and AdEMAMix. */
export const adaptiveAdapters: Readonly<Record<string, Adapter>> = {
  AdaBelief: {
    make: (given, params) =>
      adaBelief(given.number('lr'), {
        ...betas(given, [0.9, 0.999]),
        eps: given.number('eps', 1e-16),
        wd: given.number('weight_decay', 0),
        decoupleWd: given.flag('weight_decouple', true),
        ...(given.flag('fixed_decay', false) && {decay: independentDecay.with({scheduled: false})}),
        rectify: given.flag('rectify', true),
        sgdPhase: given.flag('degenerated_to_sgd', true),
        amsgrad: given.flag('amsgrad', false),
        params,
      }),
    state: {exp_avg: 'gradAvg', exp_avg_var: 'sqrAvg', max_exp_avg_var: 'maxSqrAvg'},
  },
  Adan: {
    make: (given, params) =>
      adan(given.number('lr'), {
        mom: given.element('betas', 0, [0.98, 0.92, 0.99]),
        diffMom: given.element('betas', 1, [0.98, 0.92, 0.99]),
        sqrMom: given.element('betas', 2, [0.98, 0.92, 0.99]),
        eps: given.number('eps', 1e-8),
        wd: given.number('weight_decay', 0),
        prox: !given.flag('no_prox', false),
        params,
      }),
    state: {exp_avg: 'gradAvg', exp_avg_sq: 'adanSqr', exp_avg_diff: 'adanDiff'},
    trace: {step: numberOf('adanSteps')},
    leftOut: ({hypers}) =>
      'caution' in hypers
        ? "timm's Adan masks the average of the gradient alone. The callback cautious masks the whole update."
        : undefined,
  },
  ADOPT: {
    make: (given, params) => {
      const clipExp = given.optional('clip_exp', 0.25);
      return adopt(given.number('lr'), {
        ...betas(given, [0.9, 0.9999]),
        eps: given.number('eps', 1e-6),
        wd: given.number('weight_decay', 0),
        decoupleWd: given.flag('decouple', false),
        clip: clipExp !== undefined,
        clipExp,
        params,
      });
    },
    state: {exp_avg: 'adoptAvg', exp_avg_sq: 'adoptSqr', step: 'step'},
  },
  LaProp: {
    make: (given, params) =>
      laProp(given.number('lr'), {
        ...betas(given, [0.9, 0.999]),
        eps: given.number('eps', 1e-15),
        wd: given.number('weight_decay', 0),
        after: given.flag('caution', false) ? [cautious] : [],
        params,
      }),
    state: {exp_avg: 'laPropAvg', exp_avg_sq: 'sqrAvg'},
  },
  MARS: {
    make: (given, params) => {
      const lr = given.number('lr');
      const optimize1d = given.flag('optimize_1d', false);
      return mars(lr, {
        ...betas(given, [0.95, 0.99]),
        gamma: given.number('gamma', 0.025),
        eps: given.number('eps', 1e-8),
        wd: given.number('weight_decay', 0),
        // The recorded class divides by the rate that its constructor got, which is that of the first group here.
        lrScale1d: given.single('lr_1d', 3e-3) / firstOf(lr),
        mom1d: given.element('betas_1d', 0, [0.9, 0.95]),
        sqrMom1d: given.element('betas_1d', 1, [0.9, 0.95]),
        // The authors' program takes it also where it does nothing.
        wd1d: optimize1d ? undefined : given.number('weight_decay_1d', 0.1),
        lion: given.word('mars_type', 'mars-adamw') === 'mars-lion',
        amsgrad: given.flag('amsgrad', false),
        optimize1d,
        params,
      });
    },
    state: {exp_avg: 'gradAvg', exp_avg_sq: 'sqrAvg', max_exp_avg_sq: 'maxSqrAvg', last_grad: 'marsGrad'},
  },
  AdEMAMix: {
    make: (given, params) =>
      adEMAMix(given.number('lr'), {
        ...betas(given, [0.9, 0.999, 0.9999]),
        slowMom: given.element('betas', 2, [0.9, 0.999, 0.9999]),
        slowWeight: given.number('alpha', 2),
        eps: given.number('eps', 1e-8),
        wd: given.number('weight_decay', 0),
        slowWeightWarmup: given.single('alpha_warmup', 0),
        slowMomWarmup: given.single('beta3_warmup', 0),
        params,
      }),
    state: {exp_avg_fast: 'gradAvg', exp_avg_slow: 'slowAvg', exp_avg_sq: 'sqrAvg', step: 'step'},
  },
};

function betas(
  given: RecordedHypers,
  fallback: readonly number[],
): {readonly mom: HyperValue; readonly sqrMom: HyperValue} {
  return {mom: given.element('betas', 0, fallback), sqrMom: given.element('betas', 1, fallback)};
}

function firstOf(value: HyperValue): number {
  return typeof value === 'number' ? value : present(Array.isArray(value) ? Array.from<number>(value)[0] : undefined);
}
