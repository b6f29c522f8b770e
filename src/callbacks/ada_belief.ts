import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {debias, meanSquare, rectification} from './stats';
import {adamDirection} from './steps';

/**
 * The mean square of what the gradient is off its average:
 * `sqrAvg ← sqrMom·sqrAvg + (1 - sqrMom)·(grad - gradAvg)² + eps`. Here `gradAvg` is the new average, and `eps` stays
 * in `sqrAvg`. `sqrAvg` has the parameter's shape and starts at zeros. Defaults: `sqrMom` 0.999, in [0, 1); `eps`
 * 1e-16, from 0. Needs the dampened `gradAvg` before it. Source: see {@link adaBeliefStep}.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageBelief, stepStat, adaBeliefStep],
 *   {lr: 1e-3, eps: 1e-16},
 * );
 * ```
 */
export const averageBelief = /* @__PURE__ */ newCallback(
  'averageBelief',
  {hypers: {sqrMom: 0.999, eps: 1e-16}, needs: {gradAvg: zeros}, state: {sqrAvg: zeros}, isStep: false},
  ({grad, gradAvg, sqrAvg, sqrMom, eps}) => ({sqrAvg: meanSquare(sqrAvg, grad.sub(gradAvg), sqrMom).add(eps)}),
);

/**
 * AdaBelief: Adam's step over `averageBelief`, `p ← p - lr·(gradAvg/d1)/(√(sqrAvg/d2) + eps)`, with
 * `d1 = 1 - mom^step`, `d2 = 1 - sqrMom^step`. With `maxSqrGrad` before it, its maximum takes the place of `sqrAvg`.
 *
 * The option `rectify` (default true) makes it RAdam's step instead, with r and v as in `rAdamStep`:
 * `p ← p - lr·√d2·v·(gradAvg/d1)/(√sqrAvg + eps)` where r is more than 5. Before, it is `p ← p - lr·gradAvg/d1` with
 * the option `sgdPhase` (default true), and nothing without. This step does not use the maximum of `maxSqrGrad`.
 *
 * `lr` must be given. Defaults: `mom` 0.9, `sqrMom` 0.999, `eps` 1e-16. Source: Zhuang et al., AdaBelief Optimizer:
 * Adapting Stepsizes by the Belief in Observed Gradients, 2020, as in adabelief_pytorch 0.2.0.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageBelief, stepStat, adaBeliefStep],
 *   {lr: 1e-3, eps: 1e-16},
 * );
 * ```
 */
export const adaBeliefStep = /* @__PURE__ */ newCallback(
  'adaBeliefStep',
  {
    hypers: {lr: required, mom: 0.9, sqrMom: 0.999, eps: 1e-16},
    options: {rectify: true, sgdPhase: true},
    needs: {gradAvg: zeros, sqrAvg: zeros, step: 0},
    reads: {maxSqrAvg: zeros},
  },
  at => {
    const {gradAvg, sqrAvg, lr, mom, sqrMom, step, eps, rectify, sgdPhase} = at;
    if (!rectify) return {update: adamDirection(at, lr, at.maxSqrAvg)};
    const rate = lr / debias(mom, 1 - mom, step);
    const v = rectification(sqrMom, step, 5);
    if (v === undefined) return {update: sgdPhase ? gradAvg.mul(rate) : gradAvg.zerosLike()};
    const root2 = Math.sqrt(debias(sqrMom, 1 - sqrMom, step));
    return {update: gradAvg.mul(rate * root2 * v).div(sqrAvg.sqrt().add(eps))};
  },
);
