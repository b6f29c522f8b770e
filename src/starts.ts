import type {Value} from './value';

/** What a start is given: the parameter at its first step and its gradient (zeros where it has none). */
export interface StartContext {
  /** The parameter before the step. */
  readonly p: Value;
  /** Its gradient, of the same shape. */
  readonly grad: Value;
}

/** Makes the first value of a state entry that lives on the device. */
export type Start = (at: StartContext) => Value;

/** Starts at zeros of the parameter's shape. */
export const zeros: Start = ({p}) => p.zerosLike();

/** Starts as a copy of the parameter. */
export const copy: Start = ({p}) => p;

/** A scalar (rank 0) that starts at 0. */
export const scalar: Start = ({p}) => p.sum().zerosLike();

/** The shape of an entry that starts so, for a parameter of the given shape; `undefined` where only the start itself can tell. */
export function startShape(start: Start, shape: readonly number[]): readonly number[] | undefined {
  return start === zeros || start === copy ? shape : start === scalar ? [] : undefined;
}

/**
 * Starts at what `f` computes from the parameter and its first gradient.
 * @param f gets `{p, grad}`; what it returns fixes the entry's shape.
 */
export function startAt(f: Start): Start {
  return f;
}
