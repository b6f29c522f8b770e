import type {CourseKind} from './course';

/** What the visitor chose for a training. */
export interface Setup {
  readonly backend: string;
  readonly schedule: CourseKind;
  readonly epochs: number;
  /** Digits per batch. */
  readonly batch: number;
  /** Digits to train with. The accuracy is measured on others, a quarter as many. */
  readonly digits: number;
  readonly seed: number;
  /** The learning rate of each optimizer that takes part. */
  readonly lrs: Readonly<Record<string, number>>;
}
