import type {CourseKind} from './course';

/** What the visitor chose for a training. */
export interface Setup {
  readonly backend: string;
  readonly schedule: CourseKind;
  readonly epochs: number;
  /** Digits a batch. */
  readonly batch: number;
  /** Digits to train with; a quarter as many others tell the accuracy. */
  readonly digits: number;
  readonly seed: number;
  /** The optimizers that take part, and their learning rates. */
  readonly lrs: Readonly<Record<string, number>>;
}
