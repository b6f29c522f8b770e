const REQUIRED = Symbol('required');
/** The type of `required`. */
export interface Required {
  /** Only `required` has this property. */
  readonly [REQUIRED]: true;
}
/**
 * Declares a hyper without a default. Whoever makes the optimizer must give its value.
 * @example
 * ```ts
 * const signStep = callback('signStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({
 *   p: p.sub(grad.sign().mul(lr)),
 * }));
 * const opt = new Optimizer([signStep], {lr: 1e-3});
 * ```
 */
export const required: Required = {[REQUIRED]: true};
