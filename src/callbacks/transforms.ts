import {otherAxes} from '../rule/axes';
import {newCallback} from '../rule/callback';
import {normOf, unscaled} from '../rule/norms';
import type {Value} from '../rule/value';

/** The 2-norm of each column, or of a whole vector or scalar. */
function unitNorm(x: Value): Value {
  return x.rank < 2 ? unscaled(normOf(x)) : x.square().sum(otherAxes(x), true).sqrt();
}

/**
 * Adaptive gradient clipping: the gradient of each unit is scaled down to `clipFactor·max(‖p‖, clipEps)`, where its norm
 * is larger. A unit is a column: the weights into one output. A vector or scalar is one unit. Put it before the
 * optimizer's own callbacks. Defaults: `clipFactor` 0.01, `clipEps` 1e-3, both from 0. On WebGL and WebGPU it runs
 * alone. Source: Brock et al., High-Performance Large-Scale Image Recognition Without Normalization, 2021; its authors
 * leave out the last layer, which `partition` can do.
 */
export const adaptiveGradClip = /* @__PURE__ */ newCallback(
  'adaptiveGradClip',
  {hypers: {clipFactor: 0.01, clipEps: 1e-3}},
  ({p, grad, clipFactor, clipEps}) => {
    const norm = unitNorm(p);
    const most = norm.where(norm.greater(clipEps), clipEps).mul(clipFactor);
    const gradNorm = unitNorm(grad);
    const divisor = gradNorm.where(gradNorm.less(1e-6).logicalNot(), 1e-6);
    return {grad: grad.mul(gradNorm.onesLike().where(gradNorm.less(most), most.div(divisor)))};
  },
);

/**
 * Gradient centralization: subtracts from each column of the gradient its mean: over all axes but the last. Vectors and
 * scalars stay as they are. Under `convOnly`, only kernels of four axes and more are centered. Put it before the
 * optimizer's own callbacks. Default: `convOnly` false. On WebGL and WebGPU it runs alone. Source: Yong et al., Gradient
 * Centralization: A New Optimization Technique for Deep Neural Networks, 2020.
 */
export const centralizeGrad = /* @__PURE__ */ newCallback(
  'centralizeGrad',
  {options: {convOnly: false}},
  ({grad, convOnly}) => (grad.rank < (convOnly ? 4 : 2) ? {} : {grad: grad.sub(grad.mean(otherAxes(grad), true))}),
);

/**
 * OrthoGrad: takes the part of the gradient that is orthogonal to the parameter, at the gradient's length:
 * `o = grad - ⟨p, grad⟩/⟨p, p⟩·p`, `grad ← o·‖grad‖/‖o‖`. A parameter of one number stays as it is, because nothing is
 * orthogonal to it. Put it before the optimizer's own callbacks. Source: Prieto et al., Grokking at the Edge of
 * Numerical Stability, 2025.
 */
export const orthoGrad = /* @__PURE__ */ newCallback('orthoGrad', {}, ({p, grad}) => {
  if (p.size === 1) return {};
  const share = p.mul(grad).sum().div(p.square().sum().add(1e-30));
  const rest = grad.sub(p.mul(share));
  return {grad: rest.mul(unscaled(normOf(grad)).div(unscaled(normOf(rest)).add(1e-30)))};
});
