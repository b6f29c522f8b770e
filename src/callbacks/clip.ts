import {newCallback} from '../callback';
import {required} from '../required';
import type {Value} from '../value';

/** Clips each number of the gradient to [-clipValue, clipValue]; NaN stays. `clipValue` has to be given, positive. */
export const clipGradValue = newCallback('clipGradValue', {hypers: {clipValue: required}}, ({grad, clipValue}) => {
  const below = grad.where(grad.greater(clipValue).logicalNot(), clipValue);
  return {grad: below.where(below.less(-clipValue).logicalNot(), -clipValue)};
});

/** Scales each parameter's gradient down to a 2-norm of at most `clipNorm`, which has to be given, positive. */
export const clipGradNorm = newCallback('clipGradNorm', {hypers: {clipNorm: required}},
  ({grad, clipNorm}) => ({grad: scaledDown(grad, grad.square().sum(), clipNorm)}));

/**
 * Scales all gradients by the same factor, so that the 2-norm of all together is at most `globalClipNorm`, which has to be given, positive.
 * Source: Pascanu et al., On the difficulty of training recurrent neural networks, 2013.
 */
export const clipGlobalNorm = newCallback('clipGlobalNorm', {hypers: {globalClipNorm: required}, total: ({grad}) => ({square: grad.square().sum()})},
  ({grad, total, globalClipNorm}) => ({grad: scaledDown(grad, total.square, globalClipNorm)}));

function scaledDown(grad: Value, square: Value, most: number): Value {
  const norm = square.sqrt();
  const one = norm.onesLike();
  // Where the norm is 0 the quotient is infinite, and not taken.
  return grad.mul(one.where(norm.greater(most).logicalNot(), one.mul(most).div(norm)));
}
