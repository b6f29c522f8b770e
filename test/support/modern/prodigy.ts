import {type Optimizer, prodigy} from '../../../src';
import {present} from '../present';
import type {Adapter} from './adapter';

const BETAS = [0.9, 0.999];

const sharedNumber = (name: string) => async (optimizer: Optimizer) => present((await optimizer.shared())[name]);

export const prodigyAdapters: Readonly<Record<string, Adapter>> = {
  Prodigy: {
    make: (given, params) =>
      prodigy(given.number('lr', 1), {
        mom: given.element('betas', 0, BETAS),
        sqrMom: given.element('betas', 1, BETAS),
        eps: given.number('eps', 1e-8),
        wd: given.number('weight_decay', 0),
        distanceMom: given.number('beta3', 0),
        decoupleWd: given.flag('decouple', true),
        d0: given.single('d0', 1e-6),
        dCoef: given.single('d_coef', 1),
        growthRate: given.single('growth_rate', 0),
        biasCorrection: given.flag('use_bias_correction', false),
        safeguardWarmup: given.flag('safeguard_warmup', false),
        params,
      }),
    state: {exp_avg: 'scaledAvg', exp_avg_sq: 'scaledSqrAvg'},
    trace: {d: sharedNumber('d'), d_max: sharedNumber('dMax')},
    traceTolerance: 1e-4,
    leftOut: ({hypers}) =>
      'slice_p' in hypers ? 'It saves memory by reading every n-th element. A fused kernel reads all.' : undefined,
  },
};
