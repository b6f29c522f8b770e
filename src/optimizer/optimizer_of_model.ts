import type {LayerVariable} from '@tensorflow/tfjs-layers';

import {variablesIn} from '../params/variables_of';
import {shown} from '../util/shown';
import {Optimizer} from './optimizer';

/**
 * Whether x is an optimizer of this package.
 * @example
 * ```ts
 * isOptimizer(adam(1e-3)); // → true
 * isOptimizer(tf.train.adam(1e-3)); // → false
 * ```
 */
export function isOptimizer(x: unknown): x is Optimizer {
  return x instanceof Optimizer;
}

/**
 * x if it is an optimizer of this package, otherwise undefined.
 * @throws where x is an optimizer of another copy of this package, whose classes are other ones.
 */
export function asOptimizer(x: unknown): Optimizer | undefined {
  if (isOptimizer(x)) return x;
  if (typeof x === 'object' && x !== null && 'callbacks' in x && 'stateDict' in x)
    throw new Error(
      'The optimizer was made by another copy of tfjs-optim. Use one copy: `npm ls tfjs-optim` shows where each comes' +
        ' from. A project that loads the package by import and by require() has two.',
    );
  return undefined;
}

/**
 * @param call the call as code, for the optimizer of a model.
 * @throws where x is not an optimizer of this package.
 */
export function checkIsOptimizer(x: unknown, call: string): void {
  if (asOptimizer(x) === undefined)
    throw new Error(
      `${call.slice(0, call.indexOf('('))} takes an optimizer of tfjs-optim first; got ${shown(x)}. ` +
        `Write ${call} for the optimizer of a model.`,
    );
}

/**
 * The optimizer that a model is compiled with. If it was loaded with the model, it knows the model's variables from now
 * on, and not only after the first step.
 * @throws where the model is not compiled, or its optimizer is not one of this package.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * optimizerOf(model).setHyper('lr', 1e-4);
 * ```
 */
export function optimizerOf(model: {
  readonly optimizer?: unknown;
  readonly trainableWeights?: readonly LayerVariable[];
}): Optimizer {
  const given: unknown = model;
  if (typeof given !== 'object' || given === null)
    throw new Error(`This needs a model of tfjs-layers; got ${shown(given)}.`);
  const optimizer = asOptimizer(model.optimizer);
  if (optimizer === undefined)
    throw new Error(
      model.optimizer === undefined || model.optimizer === null
        ? 'The model has no optimizer: compile it first.'
        : 'The model is compiled with an optimizer that is not of tfjs-optim; wrap it, as in compile({optimizer: ' +
            'new OptimWrapper(tf.train.adam()), …}).',
    );
  // Many callbacks ask for the optimizer in each batch, so the weights are only listed when they are needed.
  optimizer.offer(() => variablesIn(model.trainableWeights ?? []));
  return optimizer;
}
