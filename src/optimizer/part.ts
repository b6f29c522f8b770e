import type * as tf from '@tensorflow/tfjs-core';

import type {Callback, Scalar} from '../rule/declaration';
import type {HyperValue} from '../rule/slice';
import type {ClearOptions, ScheduleView} from '../schedule/moving';
import type {SchedulePolicy, Schedules} from '../schedule/schedule';
import type {ScheduleLength} from '../schedule/span';

/** The hypers of one group in a part. Writes to them are checked and act on the next step. */
export type PartHypers<N extends string> = string extends N ? Record<string, Scalar> : {[K in N]: number};

/** One part of a partition, after the optimizer that it was made of. Lists count the groups of the partition. */
export interface Part<N extends string = string> {
  /** The callbacks that run on its variables, in order: its own and those for all parts. */
  readonly callbacks: readonly Callback[];
  /** Its variables, in the order of the groups. */
  readonly variables: readonly tf.Variable[];
  /** The hypers of each group. */
  readonly hypers: ReadonlyArray<PartHypers<N>>;
  /** The schedules that it follows. Undefined where it follows none. */
  readonly schedule: ScheduleView | undefined;
  /**
   * Sets a hyper of this part: one value for all groups, one value per group, or a `slice`.
   * @throws for an unknown hyper or a value that it can't have; then nothing is set.
   */
  setHyper(name: N, value: HyperValue): void;
  /** Sets several hypers by name. @throws where one can't be set; then nothing is set. */
  setHyper(values: {readonly [K in N]?: HyperValue}): void;
  /** Starts schedules of this part, in place of those that it follows. See `Optimizer.setSchedule`. */
  setSchedule(schedules: Schedules | SchedulePolicy, length: ScheduleLength): void;
  /** Ends the schedules of this part. See `Optimizer.clearSchedule`. */
  clearSchedule(options?: ClearOptions): void;
}

/** The parts of an optimizer that was made over another one. Undefined where that one has no parts. */
export type PartsUnder<I> = I extends {readonly parts: infer P} ? P : readonly Part[] | undefined;

/** Gives parts the type that only the compiler knows. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- Only the caller knows the type.
export function typedParts<P>(parts: readonly Part[] | undefined): P {
  const given: unknown = parts;
  if (areParts<P>(given)) return given;
  // Unreachable: there is nothing to check.
  throw new Error('These must be parts.');
}

/** The names of hypers are only known to the compiler. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- Only the caller knows the type.
function areParts<P>(parts: unknown): parts is P {
  return parts === undefined || Array.isArray(parts);
}
