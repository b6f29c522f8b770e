import {dampGrad} from '../callbacks/damp';
import {averageUpdate, centeredSqrGrad, rmsPropRootStep} from '../callbacks/rms_prop';
import {averageGrad, averageSqrGrad, maxSqrGrad, stepStat} from '../callbacks/stats';
import {
  adamStep,
  lambStep,
  momentumStep,
  nesterovMomentumStep,
  qhAdamStep,
  rAdamStep,
  rmsPropStep,
  sgdStep,
} from '../callbacks/steps';
import {larcLayerLr, larcStep} from '../callbacks/trust';
import {Lookahead, type LookaheadOptions} from '../optimizer/lookahead';
import {registering} from '../optimizer/registering';
import {type LikeTrain, notLikeTrain, type Options, rowClass, withDefaults} from '../optimizer/row';
import {checkRowArguments} from '../optimizer/row_arguments';
import type {AnyCallback} from '../optimizer/settings';
import {checkRange} from '../rule/range';
import type {HyperValue} from '../rule/slice';

type Uses<H> = (hyper: H) => boolean;

const sgdRow = {
  name: 'sgd',
  hypers: {mom: 0, wd: 0},
  // What it computes is what tf.train.sgd and tf.train.momentum compute.
  extra: {nesterov: false, dampening: 0, ...notLikeTrain},
  chain: (
    uses: Uses<'mom'>,
    {nesterov, dampening}: {readonly nesterov: boolean; readonly dampening: number} & LikeTrain,
  ) => {
    checkRange("sgd: 'dampening'", dampening, {from: 0, to: 1});
    const isDamped = dampening !== 0;
    if ((nesterov || isDamped) && !uses('mom'))
      throw new Error(
        `sgd: '${nesterov ? 'nesterov' : 'dampening'}' changes the momentum, and mom is 0; ` +
          'give a momentum, as in {mom: 0.9}.',
      );
    if (nesterov && isDamped)
      throw new Error(`sgd: 'nesterov' needs a dampening of 0; got ${dampening}. Leave one of them out.`);
    if (!uses('mom')) return [sgdStep];
    return [
      ...(isDamped ? [dampGrad.with({damp: dampening})] : []),
      averageGrad,
      nesterov ? nesterovMomentumStep : momentumStep,
    ];
  },
};
const rmsPropRow = {
  name: 'rmsProp',
  hypers: {sqrMom: 0.99, mom: 0, wd: 0, eps: 1e-8},
  extra: {centered: false, ...notLikeTrain},
  train: {sqrMom: 0.9},
  chain: (uses: Uses<'mom'>, {centered, like}: {readonly centered: boolean} & LikeTrain) => {
    if (like !== undefined)
      return [centered ? centeredSqrGrad : averageSqrGrad, rmsPropRootStep, ...(uses('mom') ? [averageUpdate] : [])];
    if (centered)
      throw new Error("rmsProp: 'centered' is that of tf.train; write {centered: true, like: 'tf.train'}.");
    return [...(uses('mom') ? [averageGrad] : []), averageSqrGrad, rmsPropStep];
  },
};
const averages = [averageGrad.with({dampening: true}), averageSqrGrad, stepStat];
const adamRow = {
  name: 'adam',
  hypers: {mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0.01},
  extra: {amsgrad: false, ...notLikeTrain},
  train: {sqrMom: 0.999, wd: 0},
  chain: (_: Uses<never>, {amsgrad}: {readonly amsgrad: boolean} & LikeTrain) => [
    ...averages,
    ...(amsgrad ? [maxSqrGrad] : []),
    adamStep,
  ],
};
/** Without `like`: `tf.train` has no AdamW. */
const adamWRow = {hypers: adamRow.hypers, extra: {amsgrad: false}};
const rAdamRow = {
  name: 'rAdam',
  hypers: {mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0, beta: 0},
  extra: {},
  chain: () => [...averages, rAdamStep],
};
const qhAdamRow = {
  name: 'qhAdam',
  hypers: {mom: 0.999, sqrMom: 0.999, nu1: 0.7, nu2: 1, eps: 1e-8, wd: 0},
  extra: {},
  chain: () => [...averages, qhAdamStep],
};
const larcRow = {
  name: 'larc',
  hypers: {mom: 0.9, trustCoeff: 0.02, eps: 1e-8, wd: 0},
  extra: {clip: true},
  chain: (uses: Uses<'mom'>, {clip}: {readonly clip: boolean}) => [
    ...(uses('mom') ? [averageGrad] : []),
    larcLayerLr.with({clip}),
    larcStep,
  ],
};
const lambRow = {
  name: 'lamb',
  hypers: {mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0},
  extra: {},
  chain: () => [...averages, lambStep],
};

/**
 * Stochastic gradient descent, with momentum where `mom` is not 0 when it is made: `v ← mom·v + grad`, `p ← p - lr·v`.
 * Decay first: `p ← p·(1 - lr·wd)`. Defaults: `lr` 1e-3, `mom` 0, `wd` 0. Setting `mom` later on one made without has
 * no effect.
 *
 * Options, which need momentum: `nesterov: true` steps by `grad + mom·v` instead of v ({@link nesterovMomentumStep}).
 * `dampening`, from 0 to 1, makes it `v ← mom·v + (1 - dampening)·grad`; the first `v` is the gradient, as in PyTorch
 * ({@link dampGrad}). Defaults: false and 0. With `mom` 0, or with both, they are errors. `like: 'tf.train'` changes
 * nothing: `tf.train.sgd` and `tf.train.momentum` compute the same.
 * @example
 * ```ts
 * model.compile({optimizer: new SGD(0.1, {mom: 0.9, nesterov: true}), loss: 'meanSquaredError'});
 * ```
 */
export class SGD<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
> extends rowClass('SGD', sgdRow)<P, A, D> {}

/**
 * RMSProp: `s ← sqrMom·s + (1-sqrMom)·grad²`, `p ← p - lr·g/(√s + eps)`, where g is the gradient, or its undampened
 * momentum where `mom` is not 0 when it is made. Defaults: `lr` 1e-3, `sqrMom` 0.99, `mom` 0, `wd` 0, `eps` 1e-8.
 * Source: Hinton, Neural Networks for Machine Learning, lecture 6e, 2012.
 *
 * With `like: 'tf.train'` it is `u = lr·grad/√(s + eps)`, or with momentum `u ← mom·u + lr·grad/√(s + eps)`, then
 * `p ← p - u`. `sqrMom` is then 0.9 by default, and `eps` that of the backend ({@link LikeTrain}). Only then there is
 * the option `centered`, default false: the variance of the gradient in the place of s ({@link rmsPropRootStep}).
 * @example
 * ```ts
 * model.compile({optimizer: new RMSProp(1e-3, {mom: 0.9}), loss: 'meanSquaredError'});
 * ```
 */
export class RMSProp<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
> extends rowClass('RMSProp', rmsPropRow)<P, A, D> {}

/**
 * Adam with decoupled weight decay (AdamW); with `decoupleWd: false` Adam with L2. `p ← p·(1 - lr·wd)`, then `p ← p -
 * lr·(m/d₁)/(√(v/d₂) + eps)`; see {@link adamStep}. Defaults, fastai's: `lr` 1e-3, `mom` 0.9, `sqrMom` 0.99, `eps`
 * 1e-5, `wd` 0.01. The paper's are in `adamW`. Sources: Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015;
 * Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019.
 *
 * With `like: 'tf.train'` the defaults are those of `tf.train.adam`: `sqrMom` 0.999, `wd` 0, and `eps` that of the
 * backend ({@link LikeTrain}). Option: `amsgrad: true` divides by the root of the largest mean square so far
 * ({@link maxSqrGrad}); default false. Source: Reddi et al., On the Convergence of Adam and Beyond, 2018.
 * @example
 * ```ts
 * model.compile({optimizer: new Adam(1e-3, {wd: 0.01}), loss: 'meanSquaredError'});
 * ```
 */
export class Adam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
> extends rowClass('Adam', adamRow)<P, A, D> {}

/**
 * Rectified Adam; with `beta` (for example 50) SAdam's softplus. `p ← p - lr·r·(m/d₁)/(√(v/d₂) + eps)`, where r is the
 * rectification; see {@link rAdamStep}. Defaults: `lr` 1e-3, `mom` 0.9, `sqrMom` 0.99, `eps` 1e-5, `wd` 0, `beta` 0.
 * Sources: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020; Tong et al., Calibrating the
 * Adaptive Learning Rate to Improve Convergence of ADAM, 2019.
 * @example
 * ```ts
 * model.compile({optimizer: new RAdam(1e-3), loss: 'meanSquaredError'});
 * ```
 */
export class RAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
> extends rowClass('RAdam', rAdamRow)<P, A, D> {}

/**
 * Quasi-hyperbolic Adam. `p ← p - lr·((1-nu1)·g + nu1·m/d₁)/(√((1-nu2)·g² + nu2·v/d₂) + eps)`; see {@link qhAdamStep}.
 * Defaults: `lr` 1e-3, `mom` 0.999, `sqrMom` 0.999, `nu1` 0.7, `nu2` 1, `eps` 1e-8, `wd` 0. Source: Ma & Yarats,
 * Quasi-hyperbolic Momentum and Adam for Deep Learning, 2019.
 * @example
 * ```ts
 * model.compile({optimizer: new QHAdam(1e-3, {nu1: 0.8}), loss: 'meanSquaredError'});
 * ```
 */
export class QHAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
> extends rowClass('QHAdam', qhAdamRow)<P, A, D> {}

/**
 * LARC, or LARS with `clip: false`: momentum at a learning rate of each parameter's own. `p ← p - r·m`, `r =
 * lr·trustCoeff·‖p‖/(‖g‖ + wd·‖p‖ + eps)`; see {@link larcLayerLr}. Defaults: `lr` 1e-3, `mom` 0.9, `clip` true,
 * `trustCoeff` 0.02, `eps` 1e-8, `wd` 0. Source: You et al., Large Batch Training of Convolutional Networks, 2017.
 * @example
 * ```ts
 * model.compile({optimizer: new Larc(0.1, {wd: 1e-4}), loss: 'meanSquaredError'});
 * ```
 */
export class Larc<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
> extends rowClass('Larc', larcRow)<P, A, D> {}

/**
 * LAMB, for large batches. `p ← p - lr·min(rms(p)/rms(s), 10)·s`, where s is the step of Adam; see {@link lambStep}.
 * Defaults: `lr` 1e-3, `mom` 0.9, `sqrMom` 0.99, `eps` 1e-5, `wd` 0. Source: You et al., Large Batch Optimization for
 * Deep Learning: Training BERT in 76 minutes, 2020.
 * @example
 * ```ts
 * model.compile({optimizer: new Lamb(1e-2, {wd: 0.01}), loss: 'meanSquaredError'});
 * ```
 */
export class Lamb<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
> extends rowClass('Lamb', lambRow)<P, A, D> {}

/**
 * Makes {@link SGD}.
 * @formula `m ← mom·m + g`, `p ← p - lr·m`; with `mom` 0, `g` instead of `m`; with `nesterov: true`, `g + mom·m`
 * @source Robbins & Monro, A Stochastic Approximation Method, 1951; momentum: Polyak, 1964; `nesterov`: Sutskever et
 *   al., On the Importance of Initialization and Momentum in Deep Learning, 2013
 * @memory 0, or 1 with momentum
 * @use Convolution nets trained from scratch with momentum 0.9 and a schedule, and the least memory of all.
 * @avoid No time to search a rate. Embeddings and transformers: their gradients differ too much in size between
 *   parameters.
 * @example
 * ```ts
 * model.compile({optimizer: sgd(0.1, {mom: 0.9, nesterov: true}), loss: 'meanSquaredError'});
 * ```
 */
export function sgd<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof sgdRow, P, A, D>, ...more: undefined[]): SGD<P, A, D> {
  return new SGD(lr, options, ...more);
}

/**
 * Makes {@link RMSProp}.
 * @formula `p ← p - lr·(m or g)/(√v + eps)`; with `like: 'tf.train'`, `u ← mom·u + lr·g/√(v + eps)`, `p ← p - u`
 * @source Hinton, Neural Networks for Machine Learning, lecture 6e, 2012
 * @memory 1, or 2 with momentum; 1 more with `centered`
 * @use Recurrent nets and reinforcement learning, where published settings use it.
 * @avoid New work: `adam` has debiased averages, and is seldom worse.
 * @example
 * ```ts
 * model.compile({optimizer: rmsProp(1e-3, {mom: 0.9}), loss: 'meanSquaredError'});
 * ```
 */
export function rmsProp<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof rmsPropRow, P, A, D>, ...more: undefined[]): RMSProp<P, A, D> {
  return new RMSProp(lr, options, ...more);
}

/**
 * Makes {@link Adam}.
 * @formula `p ← p - lr·(m/d₁)/(√(v/d₂) + eps)`, with `d₁ = 1 - momᵗ`, `d₂ = 1 - sqrMomᵗ`; with `amsgrad: true`,
 *   the largest v so far instead of v
 * @source Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015; Loshchilov & Hutter, Decoupled Weight Decay
 *   Regularization, 2019; `amsgrad`: Reddi et al., On the Convergence of Adam and Beyond, 2018
 * @memory 2, or 3 with `amsgrad`
 * @use Almost everything, with fastai's values: short training at high rates, with one-cycle.
 * @avoid Very little memory. Comparisons with published figures, which used the values of `adamW`.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {wd: 0.01}), loss: 'meanSquaredError'});
 * ```
 */
export function adam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof adamRow, P, A, D>, ...more: undefined[]): Adam<P, A, D> {
  return new Adam(lr, options, ...more);
}

/**
 * Makes {@link Adam} with the values of the AdamW paper and of PyTorch's AdamW. Defaults: `lr` 1e-3, `mom` 0.9,
 * `sqrMom` 0.999, `eps` 1e-8, `wd` 0.01. It has the option `amsgrad`, too.
 * @formula the step of `adam`, with the values of the AdamW paper
 * @source Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019
 * @memory 2, or 3 with `amsgrad`
 * @use Almost everything, with the values of PyTorch: transformers, long training, and whatever was trained by AdamW
 *   before.
 * @avoid Very little memory.
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3, {wd: 0.1}), loss: 'meanSquaredError'});
 * ```
 */
export function adamW<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof adamWRow, P, A, D>, ...more: undefined[]): Adam<P, A, D> {
  checkRowArguments('adamW', adamWRow.hypers, lr, [options, ...more]);
  if (options !== undefined && Reflect.get(options, 'like') !== undefined)
    throw new Error("adamW: tf.train has no AdamW; write adam(lr, {like: 'tf.train'}).");
  return new Adam(lr, withDefaults({sqrMom: 0.999, eps: 1e-8}, options));
}

/**
 * Makes {@link RAdam}.
 * @formula Adam's step times a rectification, once the variance of its rate is tractable; before that `p ← p -
 *   lr·m/d₁`
 * @source Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020; `beta`: Tong et al.,
 *   Calibrating the Adaptive Learning Rate to Improve Convergence of ADAM, 2019
 * @memory 2
 * @use Training without a warm-up.
 * @avoid Schedules that already warm up: they do the same as the rectification.
 * @example
 * ```ts
 * model.compile({optimizer: rAdam(1e-3), loss: 'meanSquaredError'});
 * ```
 */
export function rAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof rAdamRow, P, A, D>, ...more: undefined[]): RAdam<P, A, D> {
  return new RAdam(lr, options, ...more);
}

/**
 * Makes {@link QHAdam}.
 * @formula `p ← p - lr·((1-nu1)·g + nu1·m/d₁)/(√((1-nu2)·g² + nu2·v/d₂) + eps)`
 * @source Ma & Yarats, Quasi-hyperbolic Momentum and Adam for Deep Learning, 2019
 * @memory 2
 * @use Long averages of the gradient that still follow the present one.
 * @avoid No time to search: it has two more hypers.
 * @example
 * ```ts
 * model.compile({optimizer: qhAdam(1e-3, {nu1: 0.8}), loss: 'meanSquaredError'});
 * ```
 */
export function qhAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof qhAdamRow, P, A, D>, ...more: undefined[]): QHAdam<P, A, D> {
  return new QHAdam(lr, options, ...more);
}

/**
 * Makes {@link Larc}.
 * @formula `p ← p - r·m`, `r = lr·trustCoeff·‖p‖/(‖g‖ + wd·‖p‖ + eps)`, at most `lr` (`clip: false`: LARS, without
 *   the limit)
 * @source You et al., Large Batch Training of Convolutional Networks, 2017
 * @memory 0, or 1 with momentum
 * @use Convolution nets with batches of thousands.
 * @avoid Small batches, where SGD does the same for less.
 * @example
 * ```ts
 * model.compile({optimizer: larc(0.1, {wd: 1e-4}), loss: 'meanSquaredError'});
 * ```
 */
export function larc<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof larcRow, P, A, D>, ...more: undefined[]): Larc<P, A, D> {
  return new Larc(lr, options, ...more);
}

/**
 * Makes {@link Lamb}.
 * @formula Adam's step s, times `min(rms(p)/rms(s), 10)`
 * @source You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, 2020
 * @memory 2
 * @use Transformers with batches of thousands.
 * @avoid Small batches, where AdamW does as well for less time.
 * @example
 * ```ts
 * model.compile({optimizer: lamb(1e-2, {wd: 0.01}), loss: 'meanSquaredError'});
 * ```
 */
export function lamb<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
  const D extends AnyCallback = never,
>(lr: HyperValue = 1e-3, options?: Options<typeof lambRow, P, A, D>, ...more: undefined[]): Lamb<P, A, D> {
  return new Lamb(lr, options, ...more);
}

/**
 * Ranger: {@link Lookahead} over {@link RAdam}. Defaults: `lr` 1e-3, `mom` 0.95, `sqrMom` 0.99, `eps` 1e-6, `wd` 0.01,
 * `beta` 0, `k` 6, `alpha` 0.5. Source: Wright, Ranger: a synergistic optimizer, 2019.
 * @formula Lookahead over RAdam: after every k steps `slow ← slow + alpha·(p - slow)`, `p ← slow`
 * @source Wright, Ranger: a synergistic optimizer, 2019; Zhang et al., Lookahead Optimizer, 2019
 * @memory 3
 * @use Training from scratch with a flat rate and a cosine at the end (`fitFlatCos`), without a warm-up.
 * @avoid Fine-tuning in few steps: the slow weights hold the weights back.
 * @example
 * ```ts
 * model.compile({optimizer: ranger(1e-3), loss: 'meanSquaredError'});
 * await fitFlatCos(model, xs, ys, {epochs: 3});
 * ```
 */
export const ranger = /* @__PURE__ */ registering(
  Lookahead,
  <
    const P extends readonly AnyCallback[] = readonly [],
    const A extends readonly AnyCallback[] = readonly [],
    const D extends AnyCallback = never,
  >(
    lr: HyperValue = 1e-3,
    options?: Options<typeof rAdamRow, P, A, D> & LookaheadOptions,
    ...more: undefined[]
  ): Lookahead => {
    checkRowArguments('ranger', rAdamRow.hypers, lr, [options, ...more]);
    const {k, alpha, ...rest}: LookaheadOptions = {...options};
    return new Lookahead(new RAdam(lr, withDefaults({mom: 0.95, wd: 0.01, eps: 1e-6}, rest)), {k, alpha});
  },
);
