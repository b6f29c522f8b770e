import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {scalar, zeros} from '../rule/starts';
import {average, debias, meanSquare} from './stats';

/**
 * Adan's decay: `p ← p/(1 + lr·wd)`, where `doWd`. The proximal step of a penalty of `wd/2·‖p‖²`, before `adanStep`,
 * whose update is divided by the same. Default: `wd` 0. `lr` must be given. Source: see {@link adanStep}.
 * @example
 * ```ts
 * const opt = new Optimizer([adanDecay, averageGrad.with({dampening: true}), adanStep], {lr: 1e-3, wd: 0.02});
 * ```
 */
export const adanDecay = /* @__PURE__ */ newCallback(
  'adanDecay',
  {hypers: {lr: required, wd: 0}, isStep: false},
  ({p, lr, wd, doWd}) => (doWd ? {p: p.mul(1 / (1 + lr * wd))} : {}),
);

/**
 * Adan: Adam with Nesterov's momentum, from averages of the gradient and of its change `d`, which is 0 at a
 * parameter's first step: `adanDiff ← diffMom·adanDiff + (1 - diffMom)·d`,
 * `adanSqr ← sqrMom·adanSqr + (1 - sqrMom)·(grad + diffMom·d)²`,
 * `p ← p - s·lr·(gradAvg/d1 + diffMom·adanDiff/d2)/(√(adanSqr/d3) + eps)`, with `d1 = 1 - mom^t`,
 * `d2 = 1 - diffMom^t`, `d3 = 1 - sqrMom^t`. With the option `prox` (default true), `s = 1/(1 + lr·wd)` where `doWd`,
 * for the use after `adanDecay`. Otherwise s is 1.
 *
 * `adanSteps` is t. It belongs to the group and goes on in each of its steps, also for parameters without a gradient.
 * Needs the dampened `gradAvg` before it. `adanDiff`, `adanSqr` and `adanGrad`, the gradient of the step before, have
 * the parameter's shape and start at zeros. The scalar `adanSeen` is 1 once `adanGrad` holds a gradient. A step that
 * `skipNonFinite` skips leaves it at 0, so the next step is the first. t goes on.
 *
 * `lr` must be given. Defaults: `mom` 0.98, `diffMom` 0.92, `sqrMom` 0.99, all in [0, 1); `eps` 1e-8, `wd` 0. The
 * weights are 1 minus the paper's betas. Source: Xie et al., Adan: Adaptive Nesterov Momentum Algorithm for Faster
 * Optimizing Deep Models, 2022, as in the authors' program and in timm.
 * @example
 * ```ts
 * const opt = new Optimizer([adanDecay, averageGrad.with({dampening: true}), adanStep], {lr: 1e-3, wd: 0.02});
 * ```
 */
export const adanStep = /* @__PURE__ */ newCallback(
  'adanStep',
  {
    hypers: {lr: required, mom: 0.98, diffMom: {default: 0.92, from: 0, below: 1}, sqrMom: 0.99, eps: 1e-8, wd: 0},
    options: {prox: true},
    decays: false,
    needs: {gradAvg: zeros},
    state: {adanDiff: zeros, adanSqr: zeros, adanGrad: zeros, adanSeen: scalar},
    groupState: {adanSteps: 0},
    everyGroup: true,
    group: ({adanSteps}) => ({adanSteps: adanSteps + 1}),
  },
  ({
    grad,
    gradAvg,
    adanDiff,
    adanSqr,
    adanGrad,
    adanSeen,
    adanSteps,
    doWd,
    lr,
    mom,
    diffMom,
    sqrMom,
    eps,
    wd,
    prox,
  }) => {
    const change = grad.sub(adanGrad);
    // The second operand is 0, and NaN where the gradient is NaN.
    const d = change.where(adanSeen.greater(0), grad.sub(grad));
    const nextDiff = average(adanDiff, d, diffMom);
    const nextSqr = meanSquare(adanSqr, grad.add(d.mul(diffMom)), sqrMom);
    // Numerator and denominator are multiplied by √d3.
    const root3 = Math.sqrt(debias(sqrMom, 1 - sqrMom, adanSteps));
    const rate = (lr * root3) / (prox && doWd ? 1 + lr * wd : 1);
    return {
      update: gradAvg
        .mul(rate / debias(mom, 1 - mom, adanSteps))
        .add(nextDiff.mul((rate * diffMom) / debias(diffMom, 1 - diffMom, adanSteps)))
        .div(nextSqr.sqrt().add(eps * root3)),
      adanDiff: nextDiff,
      adanSqr: nextSqr,
      adanGrad: grad,
      adanSeen: adanSeen.onesLike(),
    };
  },
);
