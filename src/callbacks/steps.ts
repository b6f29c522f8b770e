import {newCallback} from '../rule/callback';
import {rmsOf, unscaled} from '../rule/norms';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import type {Value} from '../rule/value';
import {debias, rectification} from './stats';
import {trustOf} from './trust';

/**
 * Gradient descent: `p ← p - lr·grad`. `lr` must be given.
 * @example
 * ```ts
 * const opt = new Optimizer([weightDecay, sgdStep], {lr: 0.1, wd: 1e-4});
 * ```
 */
export const sgdStep = newCallback('sgdStep', {hypers: {lr: required}}, ({grad, lr}) => ({update: grad.mul(lr)}));

/**
 * Descent along the average of `averageGrad`: `p ← p - lr·gradAvg`. `lr` must be given.
 * @example
 * ```ts
 * const opt = new Optimizer([averageGrad, momentumStep], {lr: 0.1, mom: 0.9});
 * ```
 */
export const momentumStep = newCallback(
  'momentumStep',
  {hypers: {lr: required}, needs: {gradAvg: zeros}},
  ({gradAvg, lr}) => ({update: gradAvg.mul(lr)}),
);

/**
 * Descent along Nesterov's momentum: `p ← p - lr·(grad + mom·gradAvg)`, with the average of `averageGrad`. `lr` must be
 * given. Default: `mom` 0.9. Source: Sutskever et al., On the Importance of Initialization and Momentum in Deep
 * Learning, 2013, as PyTorch and `tf.train` compute it.
 * @example
 * ```ts
 * const opt = new Optimizer([averageGrad, nesterovMomentumStep], {lr: 0.1, mom: 0.9});
 * ```
 */
export const nesterovMomentumStep = newCallback(
  'nesterovMomentumStep',
  {hypers: {lr: required, mom: 0.9}, needs: {gradAvg: zeros}},
  ({grad, gradAvg, lr, mom}) => ({update: grad.add(gradAvg.mul(mom)).mul(lr)}),
);

/** `numerator/(√square + eps)`, or `numerator/√(square + eps)`. */
export function overRoot(numerator: Value, square: Value, eps: number, epsInRoot = false): Value {
  return numerator.div(epsInRoot ? square.add(eps).sqrt() : square.sqrt().add(eps));
}

/**
 * RMSProp: `p ← p - lr·g/(√sqrAvg + eps)`. Here g is `gradAvg` if a callback before it computes that, otherwise
 * `grad`. Default: `eps` 1e-8. `lr` must be given. Source: Hinton, Neural Networks for Machine Learning, lecture 6e,
 * 2012.
 * @example
 * ```ts
 * const opt = new Optimizer([averageSqrGrad, rmsPropStep], {lr: 1e-3, sqrMom: 0.99, eps: 1e-8});
 * ```
 */
export const rmsPropStep = newCallback(
  'rmsPropStep',
  {hypers: {lr: required, eps: 1e-8}, needs: {sqrAvg: zeros}, reads: {gradAvg: zeros}},
  at => ({update: overRoot((at.gradAvg ?? at.grad).mul(at.lr), at.sqrAvg, at.eps)}),
);

const adamNeeds = {gradAvg: zeros, sqrAvg: zeros, step: 0};

/**
 * `scale·(gradAvg/d1)/(√(square/d2) + eps)`, where d1 and d2 debias the averages. It takes only one division, because
 * numerator and denominator are multiplied by √d2.
 * @param at what a step is given. A step that copied it would read the gradient, and so count as using it.
 */
export function adamDirection(
  at: {
    readonly gradAvg: Value;
    readonly sqrAvg: Value;
    readonly mom: number;
    readonly sqrMom: number;
    readonly step: number;
    readonly eps: number;
  },
  scale = 1,
  square = at.sqrAvg,
): Value {
  const {gradAvg, mom, sqrMom, step, eps} = at;
  const d1 = debias(mom, 1 - mom, step);
  const root2 = Math.sqrt(debias(sqrMom, 1 - sqrMom, step));
  return gradAvg.mul((scale * root2) / d1).div(square.sqrt().add(eps * root2));
}

/**
 * Adam: `p ← p - lr·(gradAvg/d1)/(√(sqrAvg/d2) + eps)`, with `d1 = 1 - mom^step`, `d2 = 1 - sqrMom^step`. Needs
 * dampened averages and a step count before it. After `maxSqrGrad`, `maxSqrAvg` takes the place of `sqrAvg` (AMSGrad).
 * All hypers must be given. Source: Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageSqrGrad, stepStat, adamStep],
 *   {lr: 1e-3, eps: 1e-8},
 * );
 * ```
 */
export const adamStep = newCallback(
  'adamStep',
  {
    hypers: {lr: required, mom: required, sqrMom: required, eps: required},
    needs: adamNeeds,
    reads: {maxSqrAvg: zeros},
  },
  at => ({update: adamDirection(at, at.lr, at.maxSqrAvg)}),
);

/**
 * RAdam: Adam's step times the rectification v, once the variance of its rate is tractable (r > 5). Until then, a
 * debiased momentum step. `r∞ = 2/(1-sqrMom) - 1`, `r = r∞ - 2·step·sqrMom^step/(1-sqrMom^step)`,
 * `v = √((r-4)(r-2)r∞/((r∞-4)(r∞-2)r))`. If `beta` is not 0, the denominator d becomes `softplus(beta·d)/beta`
 * (SAdam). With `sqrMom` of 2/3 or less, r never exceeds 5. Default: `beta` 0. The other hypers must be given.
 * Sources: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020; Tong et al., Calibrating the
 * Adaptive Learning Rate to Improve Convergence of ADAM, 2019.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageSqrGrad, stepStat, rAdamStep],
 *   {lr: 1e-3, mom: 0.9, sqrMom: 0.99, eps: 1e-5},
 * );
 * ```
 */
export const rAdamStep = newCallback(
  'rAdamStep',
  {hypers: {lr: required, mom: required, sqrMom: required, eps: required, beta: 0}, needs: adamNeeds},
  at => {
    const {gradAvg, sqrAvg, lr, mom, sqrMom, step, eps, beta} = at;
    const d1 = debias(mom, 1 - mom, step);
    const d2 = debias(sqrMom, 1 - sqrMom, step);
    const v = rectification(sqrMom, step, 5);
    if (v === undefined) return {update: gradAvg.mul(lr / d1)};
    if (beta === 0) return {update: adamDirection(at, lr * v)};
    const denominator = sqrAvg.div(d2).sqrt().add(eps).mul(beta).softplus().div(beta);
    return {update: gradAvg.mul((lr * v) / d1).div(denominator)};
  },
);

/**
 * QHAdam: `p ← p - lr·((1-nu1)·grad + nu1·gradAvg/d1)/(√((1-nu2)·grad² + nu2·sqrAvg/d2) + eps)`. With nu1 = nu2 = 1
 * this is Adam; with nu1 = 0 and nu2 = 1, RMSProp with a debiased mean square; with nu1 = mom and nu2 = 1, NAdam. All
 * hypers must be given.
 * Source: Ma & Yarats, Quasi-hyperbolic Momentum and Adam for Deep Learning, 2019.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageSqrGrad, stepStat, qhAdamStep],
 *   {lr: 1e-3, mom: 0.999, sqrMom: 0.999, nu1: 0.7, nu2: 1, eps: 1e-8},
 * );
 * ```
 */
export const qhAdamStep = newCallback(
  'qhAdamStep',
  {
    hypers: {lr: required, mom: required, sqrMom: required, nu1: required, nu2: required, eps: required},
    needs: adamNeeds,
  },
  ({grad, lr, mom, sqrMom, nu1, nu2, eps, gradAvg, sqrAvg, step}) => {
    const numerator = grad.mul(lr * (1 - nu1)).add(gradAvg.mul((lr * nu1) / debias(mom, 1 - mom, step)));
    // ((1-nu2)·grad)·grad: at nu2 = 1 this is 0 even where grad² is infinite.
    const square = grad
      .mul(1 - nu2)
      .mul(grad)
      .add(sqrAvg.mul(nu2 / debias(sqrMom, 1 - sqrMom, step)));
    return {update: numerator.div(square.sqrt().add(eps))};
  },
);

/**
 * LAMB: Adam's direction s, scaled for each parameter: `p ← p - lr·q·s`, with `q = min(rms(p)/rms(s), 10)`, and q 1
 * where rms(p) or rms(s) is 0. All hypers must be given. Source: You et al., Large Batch Optimization for Deep
 * Learning: Training BERT in 76 minutes, 2020; the cap and the root mean squares instead of norms are fastai's.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageSqrGrad, stepStat, lambStep],
 *   {lr: 1e-2, mom: 0.9, sqrMom: 0.99, eps: 1e-5},
 * );
 * ```
 */
export const lambStep = newCallback(
  'lambStep',
  {hypers: {lr: required, mom: required, sqrMom: required, eps: required}, needs: adamNeeds},
  at => {
    const s = adamDirection(at);
    const q = trustOf(unscaled(rmsOf(at.p)), unscaled(rmsOf(s)), 10);
    return {update: s.mul(q.mul(at.lr))};
  },
);
