import type * as tf from '@tensorflow/tfjs-core';

import {DividedSet} from '../params/divided_groups';
import {chainIn} from '../rule/chain';
import type {Callback, Scalar} from '../rule/declaration';
import type {HyperValue} from '../rule/slice';
import type {ScheduleView} from '../schedule/moving';
import type {ScheduleLength} from '../schedule/running';
import type {SchedulePolicy, Schedules} from '../schedule/schedule';
import {at} from '../util/at';
import type {TrainingState} from './training_state';

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
  clearSchedule(options?: {readonly keep?: boolean}): void;
}

/** The part of that index. @param training what the partition has; throws where it can no longer be used. */
export function partView(training: () => TrainingState, part: number): Part {
  const mine = () => training().set.groups.filter(({of}) => of?.part === part);
  const moving = () => {
    const {set} = training();
    if (set instanceof DividedSet) return at(set.moving.parts, part);
    throw new Error('The parameters of a partition must be divided.');
  };
  // Frozen, because a hyper that is written here, such as `lr`, would be lost.
  return Object.freeze<Part>({
    get callbacks() {
      return chainIn(training().chain, part).callbacks;
    },
    get variables() {
      return mine().flatMap(({parameters}) => parameters.map(({variable}) => variable));
    },
    get hypers() {
      const indices = mine().map(({index}) => index);
      return training()
        .set.hyperViews(training)
        .filter((_, i) => indices.includes(i));
    },
    get schedule() {
      return moving().view;
    },
    setHyper: (name: string | Readonly<Record<string, HyperValue | undefined>>, value?: HyperValue) => {
      const given = typeof name === 'object' ? Object.entries(name) : [[name, value] as const];
      // NaN: a name without a value, which is rejected as any NaN is.
      training().set.setHypers(Object.fromEntries(given.map(([hyper, to]) => [hyper, to ?? NaN])), mine());
    },
    setSchedule: (schedules, length) => {
      moving().start(schedules, length);
    },
    clearSchedule: ({keep = false} = {}) => {
      moving().clear(keep);
    },
  });
}
