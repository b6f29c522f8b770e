import {adaptiveGradClip, centralizeGrad, orthoGrad} from '../../../src';
import type {ModernCase} from '../golden_modern.mjs';
import type {Adapter} from './adapter';
import {innerRule} from './inner_rule';

/** WebGL has no reductions along axes, so the callback runs alone there. */
const exceptOnWebgl = (name: string, reduces: (one: ModernCase) => boolean) => (one: ModernCase, backend: string) =>
  backend === 'webgl' && reduces(one) ? `webgl, except ${name}` : backend;

const state = {exp_avg: 'gradAvg', exp_avg_sq: 'sqrAvg', step: 'step', momentum_buffer: 'gradAvg'};

/** What changes gradients before they reach another rule. */
export const transformAdapters: Readonly<Record<string, Adapter>> = {
  AGC: {
    make: (given, params, inside) =>
      innerRule(inside, {
        params,
        callbacks: [adaptiveGradClip],
        settings: {clipFactor: given.number('clip_factor', 0.01), clipEps: given.number('eps', 1e-3)},
      }),
    fusedOn: exceptOnWebgl('adaptiveGradClip', () => true),
    state,
  },
  GradientCentralization: {
    make: (given, params, inside) =>
      innerRule(inside, {
        params,
        callbacks: [centralizeGrad.with({convOnly: given.flag('gc_conv_only', false)})],
      }),
    fusedOn: exceptOnWebgl('centralizeGrad', () => true),
    state,
  },
  OrthoGrad: {
    make: (_, params, inside) => innerRule(inside, {params, callbacks: [orthoGrad]}),
    state,
  },
};
