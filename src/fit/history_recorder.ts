import * as tf from '@tensorflow/tfjs-core';
import type {History} from '@tensorflow/tfjs-layers';

import type {Optimizer} from '../optimizer/optimizer';
import {optimizerOf} from '../optimizer/optimizer_of_model';
import {type Gradients, gradientsByVariable, type NamedGradients} from '../params/gradients';
import {normOfAll, squares, together, unscaled} from '../rule/norms';
import {checkOptions, checkSwitch} from '../util/options';
import {shown} from '../util/shown';
import {isTensor} from '../util/tensors';
import {FitCallback} from './fit_callback';
import {override} from './training_run';

/** Selects what `record` records. */
export interface RecordOptions {
  /** The hypers of each step: all (true, the default), none (false), or those that are named. */
  readonly hypers?: boolean | readonly string[];
  /** The 2-norm of all gradients together. Default false. */
  readonly gradNorm?: boolean;
  /**
   * The 2-norm of the changes that the step made to all parameters together. Default false. It needs memory for a copy
   * of the parameters during the step.
   */
  readonly updateNorm?: boolean;
}

type Values = Array<number | tf.Tensor>;

/**
 * A callback that records values of each batch in the `history` that `fit` returns: `batch_loss`; each hyper under its
 * name, or with several groups under `name_0`, `name_1` and so on; and, on request, `grad_norm` and `update_norm`.
 * Nothing is read from the device before training ends.
 * @throws for an impossible setting; when training begins, where a named hyper is not one of the optimizer's.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * const {history} = await model.fit(xs, ys, {epochs: 3, callbacks: record()});
 * const losses = history['batch_loss'];
 * ```
 */
export function record(options: RecordOptions = {}, ...more: undefined[]): FitCallback {
  checkOptions('record', options, ['hypers', 'gradNorm', 'updateNorm'], more);
  const {hypers = true, gradNorm = false, updateNorm = false} = options;
  checkHypers(hypers);
  checkSwitch('gradNorm', gradNorm);
  checkSwitch('updateNorm', updateNorm);
  let recorded: Record<string, Values> = {};
  const add = (name: string, value: number | tf.Tensor) => {
    (recorded[name] ??= []).push(value);
  };
  return new FitCallback({
    trainBegin: ({model, run}) => {
      recorded = {};
      const optimizer = optimizerOf(model);
      const known = [...new Set(optimizer.hypers.flatMap(Object.keys))];
      const unknown = typeof hypers === 'boolean' ? undefined : hypers.find(name => !known.includes(name));
      if (unknown !== undefined)
        throw new Error(`record: this optimizer has no hyper '${unknown}'; it has ${known.join(', ')}.`);
      run.onEnd(() => {
        tf.dispose(Object.values(recorded).flat().filter(isTensor));
      });
      if (!gradNorm && !updateNorm) return;
      override(run, optimizer, 'applyGradients', apply => gradients => {
        const given = gradientsByVariable(namedGradients(gradients));
        if (gradNorm) add('grad_norm', normTogether([...given.values()]));
        const before = updateNorm ? copies(given) : undefined;
        try {
          apply(gradients);
          if (before !== undefined)
            add(
              'update_norm',
              tf.tidy(() => tf.keep(normTogether([...before].map(([variable, value]) => variable.sub(value))))),
            );
        } finally {
          if (before !== undefined) tf.dispose([...before.values()]);
        }
      });
    },
    batchEnd: ({model}, _, logs) => {
      const {loss} = logs;
      if (loss !== undefined) add('batch_loss', typeof loss === 'number' ? loss : tf.keep(loss.clone()));
      for (const [name, value] of hyperValues(optimizerOf(model), hypers)) add(name, value);
    },
    trainEnd: ({model}) => {
      const history: unknown = Reflect.get(model, 'history');
      if (!isHistory(history))
        throw new Error(
          'The model has no History: tfjs-optim does not know this version of tfjs-layers. Use one that it supports.',
        );
      // Another `record` of this fit may have recorded values under the same names.
      const replaced: unknown[] = Object.keys(recorded).flatMap(name => history.history[name] ?? []);
      tf.dispose(replaced.filter(isTensor));
      // The History then owns the tensors: it reads them and disposes them.
      Object.assign(history.history, recorded);
      recorded = {};
    },
  });
}

function checkHypers(hypers: unknown): void {
  const isList = Array.isArray(hypers) && hypers.every(name => typeof name === 'string');
  if (typeof hypers !== 'boolean' && !isList)
    throw new Error(`record: 'hypers' must be true, false or a list of names such as ['lr']; got ${shown(hypers)}.`);
}

function hyperValues(optimizer: Optimizer, wanted: boolean | readonly string[]): Array<readonly [string, number]> {
  const groups = optimizer.hypers;
  return groups.flatMap((values, i) =>
    Object.entries(values)
      .filter(([name]) => (typeof wanted === 'boolean' ? wanted : wanted.includes(name)))
      .map(([name, value]) => [groups.length === 1 ? name : `${name}_${i}`, Number(value)] as const),
  );
}

function normTogether(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.tidy(() => {
    // TensorFlow.js's kernels fail on sums of no elements.
    const some = tensors.filter(({size}) => size > 0);
    const value = some.length === 0 ? tf.scalar(0) : unscaled(normOfAll(some.map(squares).reduce(together)));
    if (!isTensor(value)) throw new Error(`The norm of tensors must be a tensor; got ${shown(value)}.`);
    return tf.keep(value);
  });
}

function copies(gradients: Gradients): Map<tf.Variable, tf.Tensor> {
  return new Map([...gradients.keys()].map(variable => [variable, tf.keep(variable.clone())]));
}

function namedGradients(x: unknown): NamedGradients {
  if (isNamedGradients(x)) return x;
  throw new Error(`applyGradients needs gradients by name, or a list of them; got ${shown(x)}.`);
}

function isNamedGradients(x: unknown): x is NamedGradients {
  return typeof x === 'object' && x !== null;
}

function isHistory(x: unknown): x is History {
  return typeof x === 'object' && x !== null && 'history' in x && typeof x.history === 'object';
}
