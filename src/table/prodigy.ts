import {l2Reg} from '../callbacks/decay';
import {prodigyStep} from '../callbacks/prodigy';
import type {Optimizer} from '../optimizer/optimizer';
import {checkIsOptimizer} from '../optimizer/optimizer_of_model';
import {rowFactory} from '../optimizer/row';
import type {HyperValue} from '../rule/slice';
import {warnOnce} from '../util/warn';

/**
 * Prodigy: Adam at a learning rate that it estimates by itself. See {@link prodigyStep}. Decay is `p ← p·(1 - wd·q)`,
 * with the estimated rate q; with `decoupleWd: false` it is L2. Defaults: `lr` 1, `mom` 0.9, `sqrMom` 0.999,
 * `distanceMom` 0 (which means √sqrMom), `eps` 1e-8, `wd` 0.
 * @formula `q = lr·d`, `m ← mom·m + (1 - mom)·d·g`, `v ← sqrMom·v + (1 - sqrMom)·d²·g²`, `p ← p - q·m/(√v + d·eps)`;
 *   d is the largest estimate of the distance from the first weights to a solution, from sums over all parameters
 * @source Mishchenko & Demyanov, Prodigy: An Expeditiously Adaptive Parameter-Free Learner, 2023
 * @memory 4
 * @use No time to search a learning rate: leave `lr` at 1, and use a schedule that falls to 0 (`fitFlatCos`, or
 *   one-cycle without its rise). `await prodigyLr(opt)` is the rate that it has found.
 * @avoid A rate that you know already: AdamW at that rate needs half the memory and is at least as good. Noisy tasks
 *   with few steps: the estimate takes tens of steps to grow from `d0`. Groups with different rates, other than 0. A
 *   constant rate from the first step may ruin deep networks with ReLU, because the first steps are several times as
 *   long as Adam's: warm up, or set `biasCorrection: true`.
 * @example
 * ```ts
 * model.compile({optimizer: prodigy(1), loss: 'meanSquaredError'});
 * await fitFlatCos(model, xs, ys, {epochs: 3});
 * ```
 */
export const prodigy = /* @__PURE__ */ rowFactory({
  name: 'prodigy',
  lr: 1,
  hypers: {mom: 0.9, sqrMom: 0.999, distanceMom: 0, eps: 1e-8, wd: 0},
  extra: {
    d0: 1e-6,
    dCoef: 1,
    growthRate: 0,
    biasCorrection: false,
    safeguardWarmup: false,
    decoupleWd: true,
  },
  decays: true,
  check: checkLr,
  chain: (_, {decoupleWd, ...options}) => [
    ...(decoupleWd ? [] : [l2Reg]),
    prodigyStep.with({...options, decoupled: decoupleWd}),
  ],
});

/**
 * The learning rate that Prodigy works with now: its `lr` times its estimate d. It is read from the device.
 * @param optimizer made by {@link prodigy}, with one group, or with the same `lr` in all groups.
 * @throws (rejects) where the optimizer has no Prodigy.
 * @formula `lr·d`
 * @example
 * ```ts
 * const opt = prodigy(1, {params: [model]});
 * opt.minimize(loss);
 * const rate = await prodigyLr(opt);
 * ```
 */
export async function prodigyLr(optimizer: Optimizer): Promise<number> {
  checkIsOptimizer(optimizer, 'prodigyLr(optimizerOf(model))');
  const step = optimizer.callbacks.find(({name}) => name === prodigyStep.name);
  const {d} = await optimizer.shared();
  const rates = optimizer.hypers.flatMap(({lr}) => (typeof lr === 'number' ? [lr] : []));
  if (step === undefined || d === undefined)
    throw new Error('prodigyLr takes an optimizer that was made by prodigy(…); this one has no prodigyStep.');
  return Math.max(...rates) * (d === 0 ? Number(step.options['d0']) : d);
}

/** Warns of a rate that would suit Adam. Here `lr` is a factor, so training would only be slow. */
function checkLr(lr: HyperValue | undefined): void {
  if (typeof lr === 'number' && lr > 0 && lr < 0.1)
    warnOnce(
      `prodigy multiplies the rate that it finds by \`lr\`, so lr ${lr} makes it ${Number((1 / lr).toPrecision(2))} ` +
        'times slower than that rate. Leave `lr` at 1, and try 0.5 to 2.',
    );
}
