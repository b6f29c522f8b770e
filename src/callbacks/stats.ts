import {newCallback} from '../rule/callback';
import {zeros} from '../rule/starts';
import type {Operand, Value} from '../rule/value';

/**
 * Momentum: `gradAvg ← mom·gradAvg + damp·grad`, with `damp = 1 - mom` under the option `dampening` (default false:
 * `damp = 1`). `gradAvg` has the parameter's shape and starts at zeros. Default: `mom` 0.9, in [0, 1).
 * @example
 * ```ts
 * const opt = new Optimizer([averageGrad, momentumStep], {lr: 0.1, mom: 0.9});
 * ```
 */
export const averageGrad = newCallback(
  'averageGrad',
  {hypers: {mom: 0.9}, state: {gradAvg: zeros}, options: {dampening: false}, isStep: false},
  ({grad, gradAvg, mom, dampening}) => ({
    gradAvg: momentum(gradAvg, grad, mom, dampening),
  }),
);

/** `mom·old + damp·now`, with `damp = 1 - mom`, or 1 without dampening. */
export function momentum(old: Value, now: Value, mom: number, dampening: boolean): Value {
  return dampening ? average(old, now, mom) : old.mul(mom).add(now);
}

/** `beta·old + weight·now`. Default: a `weight` of 1 - beta. */
export function average(old: Value, now: Value, beta: number, weight: Operand = 1 - beta): Value {
  return old.mul(beta).add(now.mul(weight));
}

/**
 * The mean square: `sqrAvg ← sqrMom·sqrAvg + (damp·grad)·grad`, with `damp = 1 - sqrMom` under the option `dampening`
 * (default true; false: `damp = 1`). `sqrAvg` has the parameter's shape and starts at zeros. Default: `sqrMom` 0.99,
 * in [0, 1).
 * @example
 * ```ts
 * const opt = new Optimizer([averageSqrGrad, rmsPropStep], {lr: 1e-3, sqrMom: 0.99, eps: 1e-8});
 * ```
 */
export const averageSqrGrad = newCallback(
  'averageSqrGrad',
  {hypers: {sqrMom: 0.99}, state: {sqrAvg: zeros}, options: {dampening: true}, isStep: false},
  ({grad, sqrAvg, sqrMom, dampening}) => ({sqrAvg: meanSquare(sqrAvg, grad, sqrMom, dampening)}),
);

/** `sqrMom·average + (damp·x)·x`, with `damp = 1 - sqrMom`, or 1 without dampening. */
export function meanSquare(average: Value, x: Value, sqrMom: number, dampening = true): Value {
  // (damp·x)·x and not damp·x²: gradients of 1e20 then stay finite in float32.
  return average.mul(sqrMom).add((dampening ? x.mul(1 - sqrMom) : x).mul(x));
}

/**
 * The largest mean square so far, for AMSGrad: `maxSqrAvg ← max(maxSqrAvg, sqrAvg)`. The averages are not debiased. It
 * has the parameter's shape and starts at zeros. Source: Reddi et al., On the Convergence of Adam and Beyond, 2018.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageSqrGrad, maxSqrGrad, stepStat, adamStep],
 *   {lr: 1e-3, eps: 1e-8},
 * );
 * ```
 */
export const maxSqrGrad = newCallback(
  'maxSqrGrad',
  {state: {maxSqrAvg: zeros}, needs: {sqrAvg: zeros}, isStep: false},
  ({sqrAvg, maxSqrAvg}) => ({maxSqrAvg: larger(maxSqrAvg, sqrAvg)}),
);

/** The larger of both, and b where b is NaN. Backends disagree on `maximum` of NaN. */
export function larger(a: Value, b: Value): Value {
  return a.where(a.greater(b), b);
}

/**
 * Counts the parameter's steps in `step`, from 1.
 * @formula `step ← step + 1`
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageSqrGrad, stepStat, adamStep],
 *   {lr: 1e-3, eps: 1e-8},
 * );
 * ```
 */
export const stepStat = newCallback('stepStat', {state: {step: 0}, isStep: false}, ({step}) => ({step: step + 1}));

/**
 * The sum of all weights in an average that started at zero, after `step` steps: `damp·(1 - mom^step)/(1 - mom)`.
 * Dividing the average by it removes the bias.
 * @param mom the weight of the old average in each step, in [0, 1).
 * @param damp the weight of the new value in each step.
 * @example
 * ```ts
 * debias(0.9, 0.1, 1); // → 0.1
 * debias(0.9, 0.1, 2); // → 0.19
 * ```
 */
export function debias(mom: number, damp: number, step: number): number {
  return (damp * (1 - mom ** step)) / (1 - mom);
}

/**
 * RAdam's rectification: `√((r-4)(r-2)r∞/((r∞-4)(r∞-2)r))`, with `r∞ = 2/(1-sqrMom) - 1` and
 * `r = r∞ - 2·step·sqrMom^step/(1-sqrMom^step)`. Undefined where r is not above the limit.
 * @param limit at least 4.
 */
export function rectification(sqrMom: number, step: number, limit: number): number | undefined {
  const rInf = 2 / (1 - sqrMom) - 1;
  const r = rInf - (2 * step * sqrMom ** step) / debias(sqrMom, 1 - sqrMom, step);
  return r > limit ? Math.sqrt(((r - 4) * (r - 2) * rInf) / ((rInf - 4) * (rInf - 2) * r)) : undefined;
}

/**
 * The learning rate in one step: `lr/(1 + (step - 1)·lrDecay)`.
 * @param step counts from 1.
 */
export function decayedRate(lr: number, lrDecay: number, step: number): number {
  return lr / (1 + (step - 1) * lrDecay);
}
