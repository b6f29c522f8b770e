import type * as tf from '@tensorflow/tfjs';
import {isOptimizer, oneCycle, scheduleAt, setItemPg} from 'tfjs-optim';

/** Which learning rates a training runs through. */
export interface Course {
  readonly kind: CourseKind;
  /** The highest rate of one-cycle, or the constant one. */
  readonly lr: number;
  /** How many steps it takes. */
  readonly steps: number;
}

export const COURSE_KINDS = ['oneCycle', 'constant'] as const;
export type CourseKind = (typeof COURSE_KINDS)[number];

/** Hypers of one step. */
export interface StepHypers {
  readonly lr: number;
  /** Momentum: `mom` here, `beta1` in tf.train.adam; 0 without. */
  readonly mom: number;
}

/** Has an optimizer of the package follow the course from `step` on. It is saved with the optimizer. */
export function follow(optimizer: tf.Optimizer, {kind, lr, steps}: Course, step: number): void {
  if (!isOptimizer(optimizer)) return;
  if (kind === 'oneCycle') {
    optimizer.setSchedule(oneCycle({lrMax: lr}), {steps, step});
  } else {
    optimizer.clearSchedule();
    optimizer.setHyper('lr', lr);
  }
}

/** Optimizers of tf.train have no schedules: before each step their rate is set to what the others have. */
export function moveByHand(optimizer: tf.Optimizer, course: Course, step: number): void {
  if (!isOptimizer(optimizer)) setItemPg(optimizer, 'learningRate', rateAt(course, step));
}

/** The hypers of the step that was made last. */
export function hypersOf(optimizer: tf.Optimizer): StepHypers {
  const {lr, learningRate, mom, beta1}: Readonly<Record<string, unknown>> = isOptimizer(optimizer)
    ? (optimizer.hypers[0] ?? {})
    : optimizer.getConfig();
  return {lr: Number(lr ?? learningRate), mom: Number(mom ?? beta1 ?? 0)};
}

function rateAt({kind, lr, steps}: Course, step: number): number {
  const schedule = kind === 'oneCycle' ? oneCycle({lrMax: lr}).schedulesFor([{lr}])['lr'] : undefined;
  return schedule === undefined ? lr : (scheduleAt(schedule, step / steps)[0] ?? lr);
}
