import * as tf from '@tensorflow/tfjs-core';

import {skipping, type SkipSettings} from '../callbacks/skip_settings';
import {asOptimizer} from '../optimizer/optimizer_of_model';
import {withDefaults} from '../optimizer/row';
import type {AnyCallback, BaseSettings, Settings} from '../optimizer/settings';
import {UnregisteredWrapper} from '../optimizer/unregistered';
import {variablesOf} from '../params/variables_of';
import {register} from '../rule/registry';
import {listOf} from '../util/iterable';
import {checkSettings} from '../util/settings_check';
import {checkHpMap, reviveWrappedStep, WRAPPED_STEP, wrappedStep} from './wrapped_step';

/** Settings of `OptimWrapper`: those of every optimizer, and the hypers and options of `callbacks` by name. */
export type WrapperSettings<
  P extends readonly AnyCallback[] = readonly [],
  A extends readonly AnyCallback[] = readonly [],
> = BaseSettings &
  SkipSettings &
  Partial<Settings<readonly [...P, ...A]>> & {
    /** More names of hypers, by their names in the optimizer's configuration: `{decay: 'lrDecay'}`. */
    readonly hpMap?: Readonly<Record<string, string>>;
    /** Callbacks that run before the optimizer's step, such as `weightDecay` or clipping. */
    readonly callbacks?: P;
    /** Callbacks that run after the optimizer's step, such as those that take its update. */
    readonly after?: A;
  };

/**
 * Gives a `tf.train` optimizer what this package's optimizers have: parameter groups, freezing, hypers with fastai's
 * names that always act on the next step, callbacks before the step, `Lookahead` over it, and saving that resumes
 * exactly, also for Adamax.
 *
 * Without callbacks it computes bit for bit what the optimizer computes by itself, if every parameter has a gradient
 * in every step. A parameter without a gradient is skipped, and its step count does not grow. After a change of `mom`
 * or `sqrMom`, the bias correction is that of the new value (`1 - mom^step`), as in `tf.train` after `setWeights`.
 *
 * Hypers: `learningRate` is `lr`; `momentum` and `beta1` are `mom`; `beta2`, `rho`, `alpha` and RMSProp's `decay` are
 * `sqrMom`; `epsilon` is `eps`; others keep their names (`useNesterov`, `centered`, `initialAccumulatorValue`,
 * Adamax's `decay`).
 *
 * The wrapper owns the optimizer from now on. The optimizer itself holds no state, and `dispose` disposes it.
 *
 * ```ts
 * const opt = new OptimWrapper(tf.train.adam(1e-3));
 * const groups = new OptimWrapper([tf.train.sgd(1e-3), tf.train.sgd(1e-2)], {params: layerGroups(model, ['head'])});
 * const decayed = new OptimWrapper(tf.train.adam(1e-3), {callbacks: [weightDecay], wd: 0.01});
 * ```
 * @example
 * ```ts
 * const opt = new OptimWrapper([tf.train.sgd(0.01), tf.train.sgd(0.1)], {params: [body, head]});
 * opt.freezeTo(-1); // only the last group trains
 * ```
 */
export class OptimWrapper<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends UnregisteredWrapper {
  /**
   * @param optimizers a `tf.train` optimizer, or a list with one per parameter group. All must be of one class and
   *   have made no step yet.
   * @throws where they are something else, or their number is not that of the groups; for hypers that nothing
   *   declares.
   */
  constructor(
    optimizers: tf.Optimizer | readonly tf.Optimizer[],
    settings: WrapperSettings<P, A> = {},
    ...more: undefined[]
  ) {
    checkSettings('new OptimWrapper(optimizer, ', [settings, ...more], {lr: 0.1});
    const {
      hpMap,
      callbacks = [],
      after = [],
      skipNonFinite,
      params,
      ...rest
    }: WrapperSettings<readonly AnyCallback[], readonly AnyCallback[]> = settings;
    const list = listOf<tf.Optimizer>(optimizers);
    const ours = list.find(optimizer => asOptimizer(optimizer) !== undefined);
    if (ours !== undefined) {
      throw new Error(
        `OptimWrapper wraps optimizers of tf.train; ${ours.getClassName()} of tfjs-optim needs no wrapper.`,
      );
    }
    const lists = params === undefined ? undefined : variablesOf(params);
    const groups = lists === undefined ? 1 : lists.length;
    if (list.length !== groups) {
      throw new Error(
        `OptimWrapper takes one optimizer per parameter group; got ${list.length} for ` +
          `${groups} ${groups === 1 ? 'group' : 'groups'}.` +
          (lists === undefined ? ' Give the groups as lists in `params`.' : ''),
      );
    }
    const [first] = list;
    if (hpMap !== undefined && first !== undefined) checkHpMap(first, hpMap);
    const {callback, values} = wrappedStep(list, hpMap);
    super(
      [
        ...listOf<AnyCallback>(callbacks),
        ...skipping(skipNonFinite, settings.maxGradNorm),
        callback,
        ...listOf<AnyCallback>(after),
      ],
      withDefaults({...values}, {...rest, params: lists}),
    );
    OptimWrapper.register();
  }

  /**
   * Registers the class, so that saved wrappers can be loaded. Making a wrapper does this too. A page that only loads
   * wrappers must call it before `tf.loadLayersModel`. Importing the package does not do it, because then every bundle
   * would contain the wrapper.
   */
  static register(): void {
    register(WRAPPED_STEP, reviveWrappedStep);
    tf.serialization.registerClass(OptimWrapper);
  }
}
