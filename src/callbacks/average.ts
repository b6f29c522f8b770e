import {newCallback} from '../rule/callback';
import {copy} from '../rule/starts';

/**
 * An exponential moving average of the parameter: `average ← decay·average + (1 - decay)·p` after each step. It starts
 * as the parameter before the first step. `opt.eval()` shows it, until `opt.train()`. Option: `decay`, in
 * [0, 1); default 0.999. Source: Polyak & Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
 */
export const averageWeights = newCallback(
  'averageWeights',
  {
    state: {average: copy},
    options: {decay: 0.999},
    ranges: {decay: {from: 0, below: 1}},
    everyParameter: true,
    evaluate: ({average}) => ({p: average}),
  },
  ({p, average, decay}) => ({average: average.mul(decay).add(p.mul(1 - decay))}),
);
