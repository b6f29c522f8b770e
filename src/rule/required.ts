const REQUIRED = Symbol('required');
/** The type of `required`. */
export interface Required {
  /** Only `required` has this property. */
  readonly [REQUIRED]: true;
}
/** Declares a hyper without a default. Whoever makes the optimizer must give its value. */
export const required: Required = {[REQUIRED]: true};
