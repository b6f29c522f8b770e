import type {Callback} from '../../rule/declaration';
import {own} from '../../util/own';

/** A callback of fastai, with those of its options that change what it computes. */
export type FastaiCallback = readonly [name: string, options: Readonly<Record<string, unknown>>];

/** The callbacks of ours that compute what one of fastai does, with the options of both. */
const CALLBACKS: Readonly<Record<string, readonly [name: string, option?: string]>> = {
  weightDecay: ['weight_decay'],
  l2Reg: ['l2_reg'],
  averageGrad: ['average_grad', 'dampening'],
  averageSqrGrad: ['average_sqr_grad', 'dampening'],
  stepStat: ['step_stat'],
  sgdStep: ['sgd_step'],
  momentumStep: ['momentum_step'],
  rmsPropStep: ['rms_prop_step'],
  adamStep: ['adam_step'],
  rAdamStep: ['radam_step'],
  qhAdamStep: ['qhadam_step'],
  larcLayerLr: ['larc_layer_lr', 'clip'],
  larcStep: ['larc_step'],
  lambStep: ['lamb_step'],
};

/** The hypers of these callbacks, by our names. */
export const HYPERS: Readonly<Record<string, string>> = {
  lr: 'lr',
  mom: 'mom',
  sqrMom: 'sqr_mom',
  eps: 'eps',
  wd: 'wd',
  beta: 'beta',
  nu1: 'nu_1',
  nu2: 'nu_2',
  trustCoeff: 'trust_coeff',
};

/** The state tensors of the parameter's shape. `localLr` of Larc is computed anew in each step. */
export const STATE: Readonly<Record<string, string>> = {grad_avg: 'gradAvg', sqr_avg: 'sqrAvg'};

/** Our callback around which fastai has a class of its own. */
export const LOOKAHEAD = 'lookaheadSync';

/** The callback of fastai that computes the same. Undefined where there is none. */
export function fastaiCallback(cb: Callback): FastaiCallback | undefined {
  const known = own(CALLBACKS, cb.name);
  if (known === undefined) return undefined;
  const [name, option] = known;
  return [name, option === undefined ? {} : {[option]: cb.options[option]}];
}

/** Callbacks of fastai as errors show them. */
export function shownCallbacks(callbacks: readonly FastaiCallback[]): string {
  return callbacks
    .map(([name, options]) => {
      const given = Object.entries(options).map(([option, value]) => `${option}=${String(value)}`);
      return given.length === 0 ? name : `${name}(${given.join(', ')})`;
    })
    .join(', ');
}
