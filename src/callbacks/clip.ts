import {newCallback} from '../rule/callback';
import {normOf, normOfAll, rmsOf, type ScaledNorm, squares} from '../rule/norms';
import {required} from '../rule/required';
import type {Value} from '../rule/value';

/**
 * Clips each number of the gradient to [-clipValue, clipValue]. NaN stays. `clipValue` must be given and positive.
 * @formula `grad ← max(-clipValue, min(clipValue, grad))`
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {callbacks: [clipGradValue], clipValue: 0.5}), loss: 'meanSquaredError'});
 * ```
 */
export const clipGradValue = newCallback('clipGradValue', {hypers: {clipValue: required}}, ({grad, clipValue}) => {
  const below = grad.where(grad.greater(clipValue).logicalNot(), clipValue);
  return {grad: below.where(below.less(-clipValue).logicalNot(), -clipValue)};
});

/**
 * Scales each parameter's gradient down to a 2-norm of at most `clipNorm`, which must be given and positive.
 * @formula `grad ← grad·min(1, clipNorm/‖grad‖)`
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {callbacks: [clipGradNorm], clipNorm: 1}), loss: 'meanSquaredError'});
 * ```
 */
export const clipGradNorm = newCallback('clipGradNorm', {hypers: {clipNorm: required}}, ({grad, clipNorm}) => ({
  grad: scaledDown(grad, normOf(grad), clipNorm),
}));

/**
 * Scales all gradients down by one factor, so that the 2-norm of all together is at most `globalClipNorm`, which must
 * be given and positive. Source: Pascanu et al., On the difficulty of training recurrent neural networks, 2013.
 * @formula `grad ← grad·min(1, globalClipNorm/n)`, where n is the 2-norm of all gradients together
 * @example
 * ```ts
 * const opt = adam(1e-3, {callbacks: [clipGlobalNorm], globalClipNorm: 1});
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * ```
 */
export const clipGlobalNorm = newCallback(
  'clipGlobalNorm',
  {hypers: {globalClipNorm: required}, total: ({grad}) => ({...squares(grad)})},
  ({grad, total, globalClipNorm}) => ({grad: scaledDown(grad, normOfAll(total), globalClipNorm)}),
);

/**
 * Scales each update down so that its root mean square is at most `lr·clipRms`; for `after`. Adam's updates have about
 * the size lr, so the default 1 cuts those that are larger. `clipRms` must be positive, and `lr` must be given. Source:
 * Shazeer & Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {after: [clipUpdateRms]}), loss: 'meanSquaredError'});
 * ```
 */
export const clipUpdateRms = /* @__PURE__ */ newCallback(
  'clipUpdateRms',
  {hypers: {lr: required, clipRms: 1}, takesUpdate: true},
  ({update, lr, clipRms}) => ({update: scaledDown(update, rmsOf(update), lr * clipRms)}),
);

/** Scales a value down to a 2-norm of at most `most`, or a root mean square, whichever norm is given. */
export function scaledDown(x: Value, {norm, scale}: ScaledNorm, most: number): Value {
  const one = norm.onesLike();
  const isLonger = norm.greater(scale.mul(most));
  // Where the norm is 0, the quotient is infinite but not taken. The value is scaled first, because `most` divided
  // by the unscaled norm can underflow.
  return x.mul(scale.where(isLonger, one)).mul(one.where(isLonger.logicalNot(), one.mul(most).div(norm)));
}
