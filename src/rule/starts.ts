import type {Value} from './value';

/** The argument of a start. */
export interface StartContext {
  /** The parameter before its first step. */
  readonly p: Value;
  /** Its gradient, of the same shape. Zeros where it has none. */
  readonly grad: Value;
  /** The options of the callback, with their values in the parameter's group. */
  readonly options: Readonly<Record<string, number | boolean>>;
}

/** What is known of a state entry besides its start. */
export interface StartSettings {
  /**
   * `'weight'`: the entry holds a point in the space of the weights, of the parameter's shape. `opt.rebase()` restarts
   * it.
   */
  readonly space?: 'weight' | undefined;
}

/** Makes the first value of a state entry that lives on the device. */
export interface Start extends StartSettings {
  (at: StartContext): Value;
}

/** Starts at zeros of the parameter's shape. */
export const zeros: Start = ({p}) => p.zerosLike();

/** Starts as a copy of the parameter: a point in weight space, such as slow weights and averages. */
export const copy: Start = /* @__PURE__ */ startAt(({p}) => p, {space: 'weight'});

/** A scalar (rank 0) that starts at 0. */
export const scalar: Start = ({p}) => p.sum().zerosLike();

/**
 * Starts at what `f` computes from the parameter and its first gradient.
 * @param f gets `{p, grad, options}`. The shape of its result is the entry's shape.
 * @param settings `space: 'weight'` for an entry that holds a point in weight space, as `copy` does.
 */
export function startAt(f: (at: StartContext) => Value, {space}: StartSettings = {}): Start {
  return space === undefined ? f : Object.assign((at: StartContext) => f(at), {space});
}
