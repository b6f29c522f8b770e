import {newCallback} from '../rule/callback';
import {zeros} from '../rule/starts';

/**
 * Momentum: `gradAvg ← mom·gradAvg + damp·grad`, with `damp = 1 - mom` under the option `dampening` (default false:
 * `damp = 1`). `gradAvg` has the parameter's shape and starts at zeros. Default: `mom` 0.9, in [0, 1).
 */
export const averageGrad = newCallback(
  'averageGrad',
  {hypers: {mom: 0.9}, state: {gradAvg: zeros}, options: {dampening: false}},
  ({grad, gradAvg, mom, dampening}) => ({gradAvg: gradAvg.mul(mom).add(dampening ? grad.mul(1 - mom) : grad)}),
);

/**
 * The mean square: `sqrAvg ← sqrMom·sqrAvg + (damp·grad)·grad`, with `damp = 1 - sqrMom` under the option `dampening`
 * (default true; false: `damp = 1`). `sqrAvg` has the parameter's shape and starts at zeros. Default: `sqrMom` 0.99,
 * in [0, 1).
 */
export const averageSqrGrad = newCallback(
  'averageSqrGrad',
  {hypers: {sqrMom: 0.99}, state: {sqrAvg: zeros}, options: {dampening: true}},
  // (damp·grad)·grad and not damp·grad²: gradients of 1e20 then stay finite in float32.
  ({grad, sqrAvg, sqrMom, dampening}) => ({
    sqrAvg: sqrAvg.mul(sqrMom).add((dampening ? grad.mul(1 - sqrMom) : grad).mul(grad)),
  }),
);

/** Counts the parameter's steps in `step`, from 1. */
export const stepStat = newCallback('stepStat', {state: {step: 0}}, ({step}) => ({step: step + 1}));

/**
 * The sum of all weights in an average that started at zero, after `step` steps: `damp·(1 - mom^step)/(1 - mom)`.
 * Dividing the average by it removes the bias.
 * @param mom the weight of the old average in each step, in [0, 1).
 * @param damp the weight of the new value in each step.
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
