import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {average} from './stats';
import {adamDirection} from './steps';

/**
 * Adam with Nesterov momentum: `p ← p - lr·(u/d1)/(√(sqrAvg/d2) + eps)`, with `u = mom·gradAvg + (1 - mom)·grad`,
 * `d1 = 1 - mom^step` and `d2 = 1 - sqrMom^step`. Needs dampened averages and a step count before it. All hypers must
 * be given. Sources: Dozat, Incorporating Nesterov Momentum into Adam, 2016; Choi et al., On Empirical Comparisons of
 * Optimizers for Deep Learning, 2019. As in timm and AlgoPerf, d1 debiases both parts of u; Keras and PyTorch have a
 * schedule of the momentum, and optax debiases `gradAvg` by the next step's d1.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [weightDecay, averageGrad.with({dampening: true}), averageSqrGrad, stepStat, nAdamWStep],
 *   {lr: 1e-3, wd: 0.01, eps: 1e-8},
 * );
 * ```
 */
export const nAdamWStep = /* @__PURE__ */ newCallback(
  'nAdamWStep',
  {
    hypers: {lr: required, mom: required, sqrMom: required, eps: required},
    needs: {gradAvg: zeros, sqrAvg: zeros, step: 0},
  },
  ({grad, gradAvg, lr, ...at}) => ({
    update: adamDirection({...at, gradAvg: average(gradAvg, grad, at.mom)}, lr),
  }),
);
