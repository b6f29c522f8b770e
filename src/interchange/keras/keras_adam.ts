import {averageGrad, averageSqrGrad, debias, maxSqrGrad, stepStat} from '../../callbacks/stats';
import {overRoot} from '../../callbacks/steps';
import {rowFactory} from '../../optimizer/row';
import {newCallback} from '../../rule/callback';
import {required} from '../../rule/required';
import {zeros} from '../../rule/starts';

/**
 * Adam's step as Keras computes it: `p ← p - lr·(√d2/d1)·gradAvg/(√sqrAvg + eps)`, with `d1 = 1 - mom^step` and
 * `d2 = 1 - sqrMom^step`. So eps is added before the debiasing, as "epsilon hat" in section 2 of the paper: in the
 * first steps it weighs up to 1/√(1 - sqrMom) times as much as in `adamStep`. Needs dampened averages and a step
 * count before it. After `maxSqrGrad`, `maxSqrAvg` takes the place of `sqrAvg` (AMSGrad). All hypers must be given.
 * Source: Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015.
 * @example
 * ```ts
 * import {kerasAdamStep} from 'tfjs-optim/keras';
 *
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), averageSqrGrad, stepStat, kerasAdamStep],
 *   {lr: 1e-3, eps: 1e-7},
 * );
 * ```
 */
export const kerasAdamStep = /* @__PURE__ */ newCallback(
  'kerasAdamStep',
  {
    hypers: {lr: required, mom: required, sqrMom: required, eps: required},
    needs: {gradAvg: zeros, sqrAvg: zeros, step: 0},
    reads: {maxSqrAvg: zeros},
  },
  ({gradAvg, sqrAvg, maxSqrAvg, step, lr, mom, sqrMom, eps}) => {
    const scale = (lr * Math.sqrt(debias(sqrMom, 1 - sqrMom, step))) / debias(mom, 1 - mom, step);
    return {update: overRoot(gradAvg.mul(scale), maxSqrAvg ?? sqrAvg, eps)};
  },
);

/**
 * Adam and AdamW as Keras computes them, so that a training can move to Keras and back exactly. Decay first:
 * `p ← p·(1 - lr·wd)`. Defaults, Keras's: `lr` 1e-3, `mom` (beta_1) 0.9, `sqrMom` (beta_2) 0.999, `eps` 1e-7, `wd` 0.
 * Keras decays biases and normalizations too: give `wdBnBias: true` for that. Option: `amsgrad`, default false. See
 * {@link kerasAdamStep}. A page that only loads models that were saved with it must call `kerasAdam.register()`.
 * @example
 * ```ts
 * import {kerasAdam} from 'tfjs-optim/keras';
 *
 * model.compile({optimizer: kerasAdam(1e-3), loss: 'meanSquaredError'});
 * ```
 */
export const kerasAdam = /* @__PURE__ */ rowFactory({
  name: 'kerasAdam',
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-7, wd: 0},
  extra: {amsgrad: false},
  chain: (_, {amsgrad}) => [
    averageGrad.with({dampening: true}),
    averageSqrGrad,
    stepStat,
    ...(amsgrad ? [maxSqrGrad] : []),
    kerasAdamStep,
  ],
});
