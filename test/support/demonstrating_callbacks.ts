import {callback, copy, required, zeros} from '../../src';

/** Scales the gradients so that their common 2-norm is at most `maxNorm`. */
export const limitNorm = callback(
  'limitNorm',
  {hypers: {maxNorm: required}, total: ({grad}) => ({sq: grad.square().sum()})},
  ({grad, maxNorm, total}) => {
    const norm = total.sq.sqrt();
    return {grad: grad.mul(norm.onesLike().mul(maxNorm).div(norm.maximum(maxNorm)))};
  },
);

/** Makes one step of every `n`, with the mean of their gradients. */
export const accumulate = callback(
  'accumulate',
  {state: {gradSum: zeros, micro: 0}, options: {n: 2}},
  ({grad, gradSum, micro, n}) =>
    micro + 1 < n
      ? {gradSum: gradSum.add(grad), micro: micro + 1, stop: true}
      : {grad: gradSum.add(grad).div(n), gradSum: gradSum.zerosLike(), micro: 0},
);

/** Keeps an exponential average of the weights, frozen ones included, and shows it in `eval`. */
export const keepAverage = callback(
  'keepAverage',
  {
    hypers: {weightMom: 0.5},
    state: {weightAvg: copy, averaged: 0},
    everyParameter: true,
    evaluate: ({weightAvg}) => ({p: weightAvg}),
  },
  ({p, weightAvg, averaged, weightMom}) => ({
    weightAvg: weightAvg.mul(weightMom).add(p.mul(1 - weightMom)),
    averaged: averaged + 1,
  }),
);
