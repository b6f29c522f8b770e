import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {asOptimizer, optimizerOf} from '../optimizer/optimizer_of_model';
import {checkNoMore} from '../util/options';
import {assign} from '../util/own_writes';
import {isVariable} from '../util/tensors';
import {checkIsModel} from './containers';
import {FitCallback} from './fit_callback';
import {override} from './training_run';

/**
 * Applies the constraints of the model's layers (`kernelConstraint: 'nonNeg'` and the like) to their weights. Frozen
 * weights stay unchanged: those whose `trainable` is false, and those that the model's optimizer has frozen. Where a
 * constraint throws, no weight is changed.
 * @throws for what is not a model.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.trainOnBatch(xs, ys);
 * applyConstraints(model);
 * ```
 */
export function applyConstraints(model: LayersModel): void {
  checkIsModel('applyConstraints', model);
  const optimizer = asOptimizer(model.optimizer) && optimizerOf(model);
  tf.tidy(() => {
    // `trainableWeights` leaves out the layers whose `trainable` is false. `variable.trainable` alone would not do so:
    // compiling a Sequential sets it to true for these layers too.
    const constrained = model.trainableWeights.flatMap(weight => {
      const variable = weight.read();
      if (!hasConstraint(weight) || !isVariable(variable) || !variable.trainable) return [];
      if (optimizer?.isFrozen(variable) === true) return [];
      return [[variable, weight.constraint.apply(variable)] as const];
    });
    for (const [variable, value] of constrained) assign(variable, value);
  });
}

/**
 * A callback that enforces the layers' constraints right after each step. tfjs itself enforces them only where weights
 * are set by hand. In your own training loop, call `applyConstraints(model)` after each step.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: layerConstraints()});
 * ```
 */
export function layerConstraints(...none: undefined[]): FitCallback {
  checkNoMore('layerConstraints', none);
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const optimizer = optimizerOf(model);
      // `applyAccumulated` makes its step by `stepBy`.
      for (const name of ['applyGradients', 'stepBy']) {
        override(run, optimizer, name, step => (...args) => {
          const result = step(...args);
          applyConstraints(model);
          return result;
        });
      }
    },
  });
}

function hasConstraint(weight: object): weight is {readonly constraint: {apply(w: tf.Tensor): tf.Tensor}} {
  return 'constraint' in weight && typeof weight.constraint === 'object' && weight.constraint !== null;
}
