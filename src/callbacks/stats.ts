import {newCallback} from '../rule/callback';
import {zeros} from '../rule/starts';
import type {Value} from '../rule/value';

/**
 * Momentum: `gradAvg ← mom·gradAvg + damp·grad`, with `damp = 1 - mom` under the option `dampening` (default false:
 * `damp = 1`). `gradAvg` has the parameter's shape and starts at zeros. Default: `mom` 0.9, in [0, 1).
 */
export const averageGrad = newCallback(
  'averageGrad',
  {hypers: {mom: 0.9}, state: {gradAvg: zeros}, options: {dampening: false}},
  ({grad, gradAvg, mom, dampening}) => ({
    gradAvg: dampening ? average(gradAvg, grad, mom) : gradAvg.mul(mom).add(grad),
  }),
);

/**
 * The mean square: `sqrAvg ← sqrMom·sqrAvg + (damp·grad)·grad`, with `damp = 1 - sqrMom` under the option `dampening`
 * (default true; false: `damp = 1`). `sqrAvg` has the parameter's shape and starts at zeros. Default: `sqrMom` 0.99,
 * in [0, 1).
 */
export const averageSqrGrad = newCallback(
  'averageSqrGrad',
  {hypers: {sqrMom: 0.99}, state: {sqrAvg: zeros}, options: {dampening: true}},
  ({grad, sqrAvg, sqrMom, dampening}) => ({
    sqrAvg: dampening ? averageSquare(sqrAvg, grad, sqrMom) : sqrAvg.mul(sqrMom).add(grad.mul(grad)),
  }),
);

/** `beta·old + (1 - beta)·now`. */
export function average(old: Value, now: Value, beta: number): Value {
  return old.mul(beta).add(now.mul(1 - beta));
}

/** `beta·old + (1 - beta)·now²`. */
export function averageSquare(old: Value, now: Value, beta: number): Value {
  // ((1 - beta)·now)·now and not (1 - beta)·now²: values of 1e20 then stay finite in float32.
  return old.mul(beta).add(now.mul(1 - beta).mul(now));
}

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
