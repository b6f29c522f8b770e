import {newCallbackWithExtras} from '../fuse';
import {normOfAll, squares} from '../rule/norms';
import type {Value} from '../rule/value';
import {SKIP_NON_FINITE} from './skip_settings';

/**
 * Skips a step where a gradient that reaches this callback holds NaN or infinity. Then neither parameters nor the
 * tensors of state that later callbacks write move. What callbacks before it wrote stays, such as accumulated
 * gradients. Host numbers, schedules and `iterations` go on. Nothing is read back from the device.
 * `opt.skipped()` reads how many steps were skipped. Option: `maxGradNorm`, from 0; a step whose gradients together
 * have a larger 2-norm is skipped, too. 0, the default, means no limit. It must be the same in all parameter groups.
 *
 * The optimizers of the table put it before their own callbacks, with the setting `skipNonFinite: true` or
 * `maxGradNorm`. In `new Optimizer([…])` it stands where gradients are to be checked.
 * @formula `p ← p` where a gradient is not finite, or its norm is above `maxGradNorm`
 * @example
 * ```ts
 * const opt = new Optimizer([skipNonFinite, averageGrad, momentumStep], {lr: 0.1, mom: 0.9});
 * const skipped = await opt.skipped(); // how many steps were skipped
 * ```
 */
export const skipNonFinite = /* @__PURE__ */ newCallbackWithExtras(
  SKIP_NON_FINITE,
  {
    shared: {skipped: 0},
    options: {maxGradNorm: 0},
    ranges: {maxGradNorm: {from: 0}},
    // Averages and slow weights of parameters without a gradient must not move either.
    everyParameter: true,
    skips: true,
    isStep: false,
    total: ({grad, maxGradNorm}): Readonly<Record<string, Value>> =>
      grad === undefined ? {} : {faults: nonFinite(grad), ...(maxGradNorm > 0 ? squares(grad) : {})},
  },
  ({skipped, maxGradNorm, total: {faults, square, scaled}}) => {
    // Without any gradient there is nothing to check.
    if (faults === undefined) return {};
    const one = faults.onesLike();
    let skip: Value = one.where(faults.greater(0), 0);
    if (square !== undefined && scaled !== undefined) {
      const {norm, scale} = normOfAll({square, scaled});
      skip = one.where(norm.greater(scale.mul(maxGradNorm)), skip);
    }
    return {skip, shared: {skipped: skipped.add(skip)}};
  },
);

/** The share of elements that are NaN or infinite. Backends agree on `less`, and not on the maximum of NaN. */
function nonFinite(x: Value): Value {
  return x.abs().less(Infinity).logicalNot().mean();
}
