import * as tf from '@tensorflow/tfjs-core';

import {installExtras} from '../fuse';
import {unregisteredCallback} from '../rule/callback';
import type {Callback, Scalar, StateDecl} from '../rule/declaration';
import {checkEntryName} from '../rule/declaration_check';
import {checkHyper} from '../rule/hypers';
import {required} from '../rule/required';
import {startAt, zeros} from '../rule/starts';
import {fromRegisteredClass, isSavedObject} from '../state/registered_class';
import {dict, list, malformed, text} from '../util/config_reader';
import {memo} from '../util/memo';
import {own} from '../util/own';
import {isPlain, shown} from '../util/shown';
import type {TrainClass} from './train_classes';
import {disposeOptimizer, TrainOptimizer, type WrappedDraft} from './train_optimizer';

/** fastai's names of the hypers of `tf.train`. A hyper that is not here keeps its name. */
const HP_MAP: Readonly<Record<string, string>> = {
  learningRate: 'lr',
  momentum: 'mom',
  beta1: 'mom',
  beta2: 'sqrMom',
  rho: 'sqrMom',
  alpha: 'sqrMom',
  epsilon: 'eps',
};

/** The callback's name in saved models. */
export const WRAPPED_STEP = 'wrappedStep';
const STEPS = 'wrappedSteps';
// Never called, because the optimizer starts its state itself. Unlike `zeros`, it lets saved weights lack the entry.
const sometimes = startAt(({p}) => p.zerosLike());

/** The step of one `tf.train` optimizer per group, and the first hypers, one value per group. */
interface WrappedStep {
  readonly callback: Callback;
  readonly values: Readonly<Record<string, readonly Scalar[]>>;
}

/**
 * Makes a callback from the step of `tf.train` optimizers. If their maths depends on the number of steps, the state
 * entry `wrappedSteps` counts those of each parameter.
 * @param hpMap names of hypers by their names in the optimizer's configuration. The others get their default names.
 * @throws where the optimizers are not those of `tf.train`, or not all of one class.
 */
export function wrappedStep(
  optimizers: readonly tf.Optimizer[],
  hpMap: Readonly<Record<string, string>> = {},
): WrappedStep {
  const inners = optimizers.map(optimizer => new TrainOptimizer(optimizer));
  const [first] = inners;
  if (first === undefined) throw new Error('OptimWrapper takes one optimizer per parameter group; got none.');
  if (new Set(optimizers).size < optimizers.length)
    throw new Error('The same optimizer was given for two parameter groups; make one optimizer per group.');
  const {trainClass} = first;
  const names = namesOf(first.hypers, {...HP_MAP, ...trainClass.hpMap, ...hpMap});
  for (const {optimizer, hypers} of inners) {
    if (
      optimizer.getClassName() !== first.optimizer.getClassName() ||
      Object.keys(hypers).join() !== [...names.values()].join()
    ) {
      throw new Error(
        'All optimizers must be of one class and have the same hypers; got ' +
          `${inners.map(inner => inner.optimizer.getClassName()).join(', ')}.`,
      );
    }
  }
  installExtras();
  const callback = unregisteredCallback(WRAPPED_STEP, {
    hypers: Object.fromEntries([...names.keys()].map(name => [name, required])),
    state: stateOf(trainClass),
    together: drafts => {
      stepTogether(inners, drafts);
    },
    run: () => {
      throw new Error(
        `${WRAPPED_STEP} can't be called alone: it needs its optimizer. Step by minimize, step or applyGradients.`,
      );
    },
    external: {
      link: (hypers, group) => {
        const inner = inners[group];
        if (inner === undefined)
          throw new Error(`Group ${group} has no optimizer; OptimWrapper has ${inners.length}, one per group.`);
        inner.take();
        for (const [name, innerName] of names) link(hypers, name, inner, innerName);
      },
      getConfig: () => ({
        optimizers: optimizers.map(optimizer => ({
          className: optimizer.getClassName(),
          config: optimizer.getConfig(),
        })),
        hpMap: Object.entries(hpMap).map(([name, to]) => ({name, to: {name: to}})),
      }),
      dispose: () => {
        optimizers.forEach(disposeOptimizer);
      },
    },
  });
  return {
    callback,
    values: Object.fromEntries(
      [...names].map(([name, innerName]) => [name, inners.map(inner => inner.get(innerName))]),
    ),
  };
}

/** Makes a `wrappedStep` from its saved configuration. */
export function reviveWrappedStep(config: Readonly<Record<string, unknown>>): Callback {
  const hpMap = list(config, 'hpMap').map(entry => [text(entry, 'name'), text(dict(entry, 'to'), 'name')] as const);
  const optimizers: tf.Optimizer[] = [];
  try {
    for (const saved of list(config, 'optimizers')) {
      const optimizer = isSavedObject(saved) ? fromRegisteredClass(saved) : malformed('optimizers');
      if (!isOptimizer(optimizer))
        throw new Error(`The saved class '${text(saved, 'className')}' must be the class of an optimizer.`);
      optimizers.push(optimizer);
    }
    return wrappedStep(optimizers, Object.fromEntries(hpMap)).callback;
  } catch (error) {
    optimizers.forEach(disposeOptimizer);
    throw error;
  }
}

/**
 * Checks an `hpMap` that was given, before `wrappedStep`. One map may serve several optimizers.
 * @throws where it is not an object, or names none of the optimizer's hypers.
 */
export function checkHpMap(optimizer: tf.Optimizer, hpMap: unknown): void {
  const {hypers} = new TrainOptimizer(optimizer);
  if (!isPlain(hpMap))
    throw new Error(`OptimWrapper: 'hpMap' must be an object such as {beta1: 'mom'}; got ${shown(hpMap)}.`);
  const names = Object.keys(hpMap);
  if (names.length > 0 && !names.some(name => Object.hasOwn(hypers, name)))
    throw new Error(
      `OptimWrapper: 'hpMap' names ${names.join(', ')}, but the hypers of ${optimizer.getClassName()} are ` +
        `${Object.keys(hypers).join(', ')}. Write the optimizer's name first, as in {beta1: 'mom'}.`,
    );
}

/** tfjs's names of hypers by the names in this package. */
function namesOf(
  hypers: Readonly<Record<string, Scalar>>,
  hpMap: Readonly<Record<string, string>>,
): Map<string, string> {
  const names = new Map<string, string>();
  for (const innerName of Object.keys(hypers)) {
    const name = own(hpMap, innerName) ?? innerName;
    checkEntryName('OptimWrapper', 'hypers (see `hpMap`)', name);
    const before = names.get(name);
    if (before !== undefined)
      throw new Error(
        `The hypers '${before}' and '${innerName}' are both called '${name}'; rename one of them in \`hpMap\`.`,
      );
    names.set(name, innerName);
  }
  return names;
}

function stateOf({accumulators, optional = [], powers, counter}: TrainClass): StateDecl {
  const tensors = Object.fromEntries(
    Object.values(accumulators).map(entry => [entry, optional.includes(entry) ? sometimes : zeros]),
  );
  return powers === undefined && counter === undefined ? tensors : {...tensors, [STEPS]: 0};
}

/** Links a hyper of a group to the optimizer's own hyper, so that every write acts on the next step. */
function link(hypers: Record<string, Scalar>, name: string, inner: TrainOptimizer, innerName: string): void {
  const get = () => inner.get(innerName);
  const set = (value: Scalar) => {
    inner.set(innerName, value);
  };
  const value = hypers[name];
  if (value !== undefined && value !== get()) {
    checkHyper(name, value, get());
    set(value);
  }
  Object.defineProperty(hypers, name, {get, set, enumerable: true, configurable: true});
}

/**
 * Steps together those drafts of a group that have made the same number of steps, because a `tf.train` optimizer has
 * one step count for all of its parameters.
 */
function stepTogether(inners: readonly TrainOptimizer[], drafts: readonly WrappedDraft[]): void {
  inners.forEach((inner, group) => {
    const mine = drafts.filter(draft => draft.of.group === group);
    const {powers, counter} = inner.trainClass;
    if (powers === undefined && counter === undefined) {
      if (mine.length > 0) inner.step(mine, 0);
      return;
    }
    const bySteps = new Map<number, WrappedDraft[]>();
    for (const draft of mine) memo(bySteps, stepsOf(draft), (): WrappedDraft[] => []).push(draft);
    for (const [steps, same] of bySteps) {
      inner.step(same, steps);
      for (const draft of same) draft.entries[STEPS] = steps + 1;
    }
  });
}

/** The number of steps that a parameter has made: 0 where the count has not started. */
function stepsOf({entries}: WrappedDraft): number {
  const steps = entries[STEPS];
  return typeof steps === 'number' ? steps : 0;
}

function isOptimizer(x: unknown): x is tf.Optimizer {
  return x instanceof tf.Optimizer;
}
