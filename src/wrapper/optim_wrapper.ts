import * as tf from '@tensorflow/tfjs-core';

import {Optimizer} from '../optimizer/optimizer';
import type {AnyCallback, BaseSettings, Settings} from '../optimizer/settings';
import {UnregisteredWrapper} from '../optimizer/unregistered_wrapper';
import {variablesOf} from '../params/variables_of';
import {register} from '../rule/registry';
import {checkSettings} from '../util/settings_check';
import {reviveWrappedStep, WRAPPED_STEP, wrappedStep} from './wrapped_step';

/** Settings of `OptimWrapper`: those of every optimizer, and the hypers and options of `callbacks` by name. */
export type WrapperSettings<P extends readonly AnyCallback[] = readonly []> = BaseSettings &
  Partial<Settings<P>> & {
    /** Names of hypers by those in the optimizer's configuration, beside the usual ones: `{decay: 'lrDecay'}`. */
    readonly hpMap?: Readonly<Record<string, string>>;
    /** Callbacks to run before the optimizer's step, such as `weightDecay` or clipping. */
    readonly callbacks?: P;
  };

/**
 * A `tf.train` optimizer with what this package's optimizers have: parameter groups, freezing, hypers with fastai's
 * names that really act on the next step, callbacks before it, `Lookahead` over it, and saving that goes on where it
 * stopped, Adamax included.
 *
 * Without callbacks it computes what the optimizer does by itself, bit for bit, as long as every parameter has a
 * gradient in every step. One without is skipped, and its step count too. After a change of `mom` or `sqrMom` it goes
 * on as `tf.train` does after `setWeights`: with the bias correction of the new value (`1 - mom^step`).
 *
 * Hypers: `learningRate` is `lr`; `momentum` and `beta1` are `mom`; `beta2`, `rho`, `alpha` and RMSProp's `decay` are
 * `sqrMom`; `epsilon` is `eps`; others keep their names (`useNesterov`, `centered`, `initialAccumulatorValue`,
 * Adamax's `decay`).
 *
 * The optimizer is the wrapper's from now on: it keeps no state of its own, and `dispose` disposes it.
 *
 * ```ts
 * const opt = new OptimWrapper(tf.train.adam(1e-3));
 * const groups = new OptimWrapper([tf.train.sgd(1e-3), tf.train.sgd(1e-2)], {params: layerGroups(model, ['head'])});
 * const decayed = new OptimWrapper(tf.train.adam(1e-3), {callbacks: [weightDecay], wd: 0.01});
 * ```
 */
export class OptimWrapper<const P extends readonly AnyCallback[] = readonly []> extends UnregisteredWrapper {
  /**
   * @param optimizers a `tf.train` optimizer, or one a parameter group, all of one class, that have made no step yet.
   * @throws where they are something else, or not as many as the groups; for hypers that nothing declares.
   */
  constructor(
    optimizers: tf.Optimizer | readonly tf.Optimizer[],
    settings: WrapperSettings<P> = {},
    ...more: undefined[]
  ) {
    checkSettings('new OptimWrapper(optimizer, ', [settings, ...more], ['lr']);
    const {hpMap, callbacks = [], params, ...rest}: WrapperSettings<readonly AnyCallback[]> = settings;
    const list = isList(optimizers) ? optimizers : [optimizers];
    const ours = list.find(optimizer => optimizer instanceof Optimizer);
    if (ours !== undefined) {
      throw new Error(
        `OptimWrapper is for the optimizers of tf.train; ${ours.getClassName()} is one of tfjs-optim and needs no wrapper.`,
      );
    }
    const lists = params === undefined ? undefined : variablesOf(params);
    const groups = lists?.length ?? 1;
    if (list.length !== groups) {
      throw new Error(
        `OptimWrapper takes one optimizer a parameter group; got ${list.length} for ${groups} ${groups === 1 ? 'group' : 'groups'}.` +
          (lists === undefined ? ' Groups are given as lists in `params`.' : ''),
      );
    }
    const {callback, values} = wrappedStep(list, hpMap);
    super([...callbacks, callback], Object.assign({...values}, rest, {params: lists}));
    OptimWrapper.register();
  }

  /**
   * Lets saved wrappers be loaded. Making one does that too; a page that only loads them calls it before
   * `tf.loadLayersModel`. Importing the package is not enough, so that bundles without a wrapper need not contain it.
   */
  static register(): void {
    register(WRAPPED_STEP, reviveWrappedStep);
    tf.serialization.registerClass(OptimWrapper);
  }
}

function isList(optimizers: tf.Optimizer | readonly tf.Optimizer[]): optimizers is readonly tf.Optimizer[] {
  return Array.isArray(optimizers);
}
