import {newCallback} from '../rule/callback';
import {scalar} from '../rule/starts';

/**
 * Dampening of momentum as in PyTorch's SGD: `grad ← (1 - damp)·grad` from a parameter's second step on. The first
 * gradient stays as it is. The state `damped` is a scalar, 0 until the first step that is not skipped, then 1. Option:
 * `damp`, from 0 to 1; default 0.
 * @example
 * ```ts
 * const opt = new Optimizer([dampGrad.with({damp: 0.1}), averageGrad, momentumStep], {lr: 0.1, mom: 0.9});
 * ```
 */
export const dampGrad = newCallback(
  'dampGrad',
  {state: {damped: scalar}, options: {damp: 0}, ranges: {damp: {from: 0, to: 1}}},
  // Host numbers count skipped steps too, so the first step is known from a tensor.
  ({grad, damped, damp}) => ({
    grad: grad.mul(damped.onesLike().sub(damped.mul(damp))),
    damped: damped.onesLike(),
  }),
);
