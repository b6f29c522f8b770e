const REQUIRED = Symbol('required');
/** The mark of a hyper that has no default. */
export interface Required {
  /** Nothing else has it. */
  readonly [REQUIRED]: true;
}
/** Declares a hyper without a default: whoever builds the optimizer has to give it. */
export const required: Required = {[REQUIRED]: true};
