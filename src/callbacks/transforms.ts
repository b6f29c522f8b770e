import {newCallbackWithExtras} from '../fuse';
import {otherAxes} from '../rule/axes';
import {newCallback} from '../rule/callback';
import {normOf, unscaled} from '../rule/norms';
import type {Value} from '../rule/value';

/** The 2-norm of each column, or of a whole vector or scalar. */
function unitNorm(x: Value): Value {
  const square = x.square();
  return (x.rank < 2 ? square.sum() : square.sum(otherAxes(x), true)).sqrt();
}

/**
 * Adaptive gradient clipping: scales the gradient of a unit down to the 2-norm `clipFactor·max(‖p‖, clipEps)`, where
 * it is longer. p is the parameter's part of the same unit. A unit is a column, which holds the weights into one
 * output. A vector and a scalar are one unit each. Put it before the optimizer's own callbacks. A gradient of a norm
 * above 1.8e19, which single precision cannot square, becomes 0. Defaults: `clipFactor` 0.01, `clipEps` 1e-3, both
 * from 0. On WebGL and WebGPU it runs alone where a parameter has two axes or more.
 *
 * Source: Brock et al., High-Performance Large-Scale Image Recognition Without Normalization, 2021. The paper leaves
 * the last layer out, as `partition` can do. Vectors are as in timm and optax.
 * @example
 * ```ts
 * const opt = adam(1e-3, {callbacks: [adaptiveGradClip], clipFactor: 0.02});
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * ```
 */
export const adaptiveGradClip = /* @__PURE__ */ newCallbackWithExtras(
  'adaptiveGradClip',
  {hypers: {clipFactor: {default: 0.01, from: 0}, clipEps: {default: 1e-3, from: 0}}},
  ({p, grad, clipFactor, clipEps}) => {
    const norm = unitNorm(p);
    const most = norm.where(norm.greater(clipEps), clipEps).mul(clipFactor);
    const gradNorm = unitNorm(grad);
    // A norm of NaN stays in both.
    const divisor = gradNorm.where(gradNorm.less(1e-6).logicalNot(), 1e-6);
    return {grad: grad.mul(gradNorm.onesLike().where(gradNorm.less(most), most.div(divisor)))};
  },
);

/**
 * Gradient centralization: subtracts from each column of the gradient its mean, that is, the mean over all axes but the
 * last. Vectors and scalars stay as they are. Under the option `convOnly` (default false), only kernels of four axes or
 * more change. Put it before the optimizer's own callbacks. On WebGL and WebGPU it runs alone where a gradient changes.
 * Source: Yong et al., Gradient Centralization: A New Optimization Technique for Deep Neural Networks, 2020.
 * @formula `grad ← grad - mean(grad)`, the mean of each column
 * @example
 * ```ts
 * model.compile({optimizer: sgd(0.1, {mom: 0.9, callbacks: [centralizeGrad]}), loss: 'meanSquaredError'});
 * ```
 */
export const centralizeGrad = /* @__PURE__ */ newCallbackWithExtras(
  'centralizeGrad',
  {options: {convOnly: false}},
  ({grad, convOnly}) => (grad.rank < (convOnly ? 4 : 2) ? {} : {grad: grad.sub(grad.mean(otherAxes(grad), true))}),
);

/**
 * OrthoGrad: replaces the gradient by its part that is orthogonal to the parameter, at the gradient's length:
 * `o = grad - ⟨p, grad⟩/⟨p, p⟩·p`, `grad ← o·‖grad‖/‖o‖`. Then a step can't lower the loss by scaling the weights. A
 * parameter of one number keeps its gradient, because nothing is orthogonal to it. Put it before the optimizer's own
 * callbacks. Source: Prieto et al., Grokking at the Edge of Numerical Stability, 2025.
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3, {callbacks: [orthoGrad]}), loss: 'meanSquaredError'});
 * ```
 */
export const orthoGrad = /* @__PURE__ */ newCallback('orthoGrad', {}, ({p, grad}) => {
  if (p.size === 1) return {};
  const share = p.mul(grad).sum().div(p.square().sum().add(1e-30));
  const rest = grad.sub(p.mul(share));
  return {grad: rest.mul(unscaled(normOf(grad)).div(unscaled(normOf(rest)).add(1e-30)))};
});
