import {
  adamW,
  type Callback,
  cautious,
  cautiousDecay,
  correctedDecay,
  type HyperValue,
  independentDecay,
  lion,
  muon,
  nAdamW,
  type Optimizer,
  sgd,
  stableAdamW,
  weightDecay,
} from '../../../src';
import type {tf} from '../tfjs';
import type {Adapter} from './adapter';
import {numberOf} from './group_numbers';
import type {RecordedHypers} from './recorded_hypers';

type Betas = readonly [number, number];

/** timm's options of Lion, AdamW, NAdamW and SGDW. */
function withTimmOptions(given: RecordedHypers, wd: number, params: tf.Variable[][]) {
  const isCorrected = given.flag('corrected_weight_decay', false);
  const decay: Callback = isCorrected ? correctedDecay : weightDecay;
  return {
    wd: given.number('weight_decay', wd),
    params,
    after: given.flag('caution', false) ? [cautious] : [],
    decay,
    ...(isCorrected && {lr0: given.constructed('lr')}),
  };
}

/** The hypers of Adam's family. */
function adamHypers(given: RecordedHypers, betas: Betas = [0.9, 0.999]): Record<'mom' | 'sqrMom' | 'eps', HyperValue> {
  return {
    mom: given.element('betas', 0, betas),
    sqrMom: given.element('betas', 1, betas),
    eps: given.number('eps', 1e-8),
  };
}

const adamState = {step: 'step', exp_avg: 'gradAvg', exp_avg_sq: 'sqrAvg'};

const decays: Readonly<Record<string, Callback>> = {
  fixed: independentDecay.with({scheduled: false}),
  relative: independentDecay,
  scaled: weightDecay,
};

const cautiouslyDecayed: Readonly<
  Record<string, (given: RecordedHypers, settings: {wd: HyperValue; params: tf.Variable[][]}) => Optimizer>
> = {
  AdamW: (given, settings) => adamW(given.number('lr'), {...adamHypers(given), ...settings, decay: cautiousDecay}),
  Lion: (given, settings) =>
    lion(given.number('lr'), {
      mom: given.element('betas', 0, [0.9, 0.99]),
      slowMom: given.element('betas', 1, [0.9, 0.99]),
      ...settings,
      decay: cautiousDecay,
    }),
  // PyTorch's takes every matrix that it is given.
  Muon: (given, settings) =>
    muon(given.number('lr'), {
      mom: given.number('momentum', 0.95),
      lrScale: 'original',
      of: () => true,
      ...settings,
      decay: cautiousDecay,
    }),
  // Its average is undampened, as that of the recorded run.
  SGD: (given, settings) =>
    sgd(given.number('lr'), {mom: given.number('momentum', 0.9), ...settings, decay: cautiousDecay}),
};

export const cautiousAndDecayAdapters: Readonly<Record<string, Adapter>> = {
  Lion: {
    make: (given, params) =>
      lion(given.number('lr'), {
        mom: given.element('betas', 0, [0.9, 0.99]),
        slowMom: given.element('betas', 1, [0.9, 0.99]),
        ...withTimmOptions(given, 0, params),
      }),
    state: {exp_avg: 'lionAvg'},
  },
  AdamW: {
    make: (given, params) =>
      adamW(given.number('lr'), {...adamHypers(given), ...withTimmOptions(given, 0.01, params)}),
    state: adamState,
  },
  NAdamW: {
    make: (given, params) =>
      nAdamW(given.number('lr'), {...adamHypers(given), ...withTimmOptions(given, 0.01, params)}),
    state: adamState,
  },
  SGDW: {
    make: (given, params) => {
      const mom = given.number('momentum', 0);
      const {after, ...options} = withTimmOptions(given, 0, params);
      // timm masks only what has momentum.
      return sgd(given.number('lr'), {
        mom,
        nesterov: given.flag('nesterov', false),
        ...options,
        after: mom === 0 ? [] : after,
      });
    },
    state: {momentum_buffer: 'gradAvg'},
  },
  AdamWDecay: {
    make: (given, params) => {
      const decay = decays[given.word('decay', '')];
      if (decay === undefined) throw new Error('The recorded run has an unknown decay.');
      return adamW(given.number('lr'), {...adamHypers(given), wd: given.number('weight_decay'), params, decay});
    },
    state: adamState,
  },
  CautiousWD: {
    make: (given, params) => {
      const make = cautiouslyDecayed[given.word('rule', '')];
      if (make === undefined) throw new Error('The recorded run has an unknown rule.');
      return make(given, {wd: given.number('weight_decay'), params});
    },
    // What is Adam's `exp_avg` here has another name in lion, whose own cases compare it.
    state: {step: 'step', exp_avg_sq: 'sqrAvg', momentum_buffer: 'gradAvg'},
    fusedOn: ({hypers}, backend) => `${backend}${hypers['rule'] === 'Muon' ? ', except orthogonalize' : ''}`,
  },
  StableAdamW: {
    make: (given, params) => {
      const isDecoupled = given.flag('weight_decouple', true);
      const wd = given.number('weight_decay', 0.01);
      // The recorded class adds coupled decay to a gradient that it has used already.
      return stableAdamW(given.number('lr'), {
        ...adamHypers(given, [0.9, 0.99]),
        wd: isDecoupled ? wd : 0,
        params,
      });
    },
    state: {exp_avg: 'gradAvg', exp_avg_sq: 'sqrAvg'},
    trace: {step: numberOf('stableSteps')},
  },
};
