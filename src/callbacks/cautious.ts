import {newCallback} from '../rule/callback';

/**
 * Cautious updates, for `after`: `u ← u·M/max(mean(M), 1e-3)`, where u is the update of the step before, and M is 1
 * where u·grad > 0 and 0 elsewhere. The mean is that of the whole parameter. So the parameter does not move where the
 * update goes against the present gradient, and the rest of the update is scaled up. Where an update is the gradient
 * times a positive number, as in descent without momentum, it changes something only where the gradient is 0. An
 * element that is NaN stays NaN.
 *
 * Source: Liang et al., Cautious Optimizers: Improving Training with One Line of Code, 2024. The scale is that of timm
 * and of the authors' present program; an older one is numel/(sum(M) + 1).
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3, {after: [cautious]}), loss: 'meanSquaredError'});
 * ```
 */
export const cautious = /* @__PURE__ */ newCallback('cautious', {takesUpdate: true}, ({update, grad}) => {
  // Asked this way, NaN counts as agreeing. It must reach the parameter, or a broken model would only stand still.
  const agrees = update.mul(grad).lessEqual(0).logicalNot();
  const share = agrees.mean().maximum(1e-3);
  // One division per parameter, and not per element.
  return {update: update.mul(share.onesLike().div(share)).where(agrees, 0)};
});
