import type * as tf from '@tensorflow/tfjs';
import {isOptimizer, oneCycle, scheduleAt, setItemPg} from 'tfjs-optim';

import {isScheduleFree} from '../../examples/support/averages';
import {at, defined} from '../../examples/support/lookup';

/** The learning rates of a training. */
export interface Course {
  readonly kind: CourseKind;
  /** The highest rate of one-cycle, or the constant one. */
  readonly lr: number;
  /** The number of steps of a cycle. After it, the course starts again. */
  readonly steps: number;
}

export const COURSE_KINDS = ['oneCycle', 'constant'] as const;
export type CourseKind = (typeof COURSE_KINDS)[number];

/** The hypers of one step. */
interface StepHypers {
  readonly lr: number;
  /** Momentum: `mom` in tfjs-optim, `beta1` in tf.train.adam. 0 for an optimizer without momentum. */
  readonly mom: number;
}

/** Sets the course of an optimizer of tfjs-optim, from `step` on. The course is saved with the optimizer. */
export function follow(optimizer: tf.Optimizer, {kind, lr, steps}: Course, step: number): void {
  if (!isOptimizer(optimizer)) return;
  // Its average takes the place of a schedule.
  if (kind === 'oneCycle' && !isScheduleFree(optimizer)) {
    optimizer.setSchedule(oneCycle({lrMax: lr}), {steps, step});
  } else {
    optimizer.clearSchedule();
    optimizer.setHyper('lr', lr);
  }
}

/** Sets the rate of an optimizer of tf.train before a step. These optimizers have no schedules. */
export function moveByHand(optimizer: tf.Optimizer, course: Course, step: number): void {
  if (!isOptimizer(optimizer)) setItemPg(optimizer, 'learningRate', rateAt(course, step));
}

/** The hypers of the last step. */
export function hypersOf(optimizer: tf.Optimizer): StepHypers {
  const {lr, learningRate, mom, beta1}: Readonly<Record<string, unknown>> = isOptimizer(optimizer)
    ? at(optimizer.hypers, 0)
    : optimizer.getConfig();
  // An optimizer with neither `mom` nor `beta1` has no momentum.
  return {lr: Number(lr ?? learningRate), mom: Number(mom ?? beta1 ?? 0)};
}

function rateAt({kind, lr, steps}: Course, step: number): number {
  if (kind === 'constant') return lr;
  const schedule = defined(oneCycle({lrMax: lr}).schedulesFor([{lr}])['lr'], "schedule of 'lr' in oneCycle");
  return at(scheduleAt(schedule, step / steps), 0);
}
