import {scheduleFree} from '../../../src';
import type {Adapter} from './adapter';
import {numberOf} from './group_numbers';
import type {RecordedHypers} from './recorded_hypers';

const RESULTS = {
  shows: 'x',
  trace: {
    k: numberOf('freeSteps'),
    lr_max: numberOf('lrMax'),
    weight_sum: numberOf('weightSum'),
    scheduled_lr: numberOf('freeLr'),
  },
} as const;

function weights(given: RecordedHypers): {stepPower: number; lrPower: number} {
  return {stepPower: given.single('r', 0), lrPower: given.single('weight_lr_power', 2)};
}

const BETAS = [0.9, 0.999];

export const scheduleFreeAdapters: Readonly<Record<string, Adapter>> = {
  ScheduleFreeAdamW: {
    ...RESULTS,
    make: (given, params) =>
      scheduleFree('adamW', given.number('lr'), {
        mom: given.element('betas', 0, BETAS),
        sqrMom: given.element('betas', 1, BETAS),
        eps: given.number('eps', 1e-8),
        wd: given.number('weight_decay', 0),
        innerMom: given.number('inner_momentum', 0),
        warmup: given.single('warmup_steps', 0),
        decayAtZ: given.flag('decay_at_z', false),
        ...weights(given),
        params,
      }),
    state: {exp_avg_sq: 'sqrAvg', exp_avg: 'innerAvg'},
  },
  ScheduleFreeSGD: {
    ...RESULTS,
    make: (given, params) =>
      scheduleFree('sgd', given.number('lr'), {
        mom: given.number('momentum', 0.9),
        wd: given.number('weight_decay', 0),
        warmup: given.single('warmup_steps', 0),
        decayAtZ: given.flag('decay_at_z', false),
        ...weights(given),
        params,
      }),
  },
  ScheduleFreeRAdam: {
    ...RESULTS,
    make: (given, params) =>
      scheduleFree('rAdam', given.number('lr'), {
        mom: given.element('betas', 0, BETAS),
        sqrMom: given.element('betas', 1, BETAS),
        eps: given.number('eps', 1e-8),
        wd: given.number('weight_decay', 0),
        silentPhase: given.flag('silent_sgd_phase', true),
        ...weights(given),
        params,
      }),
    state: {exp_avg_sq: 'sqrAvg'},
  },
};
