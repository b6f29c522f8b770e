import type {CourseKind} from './course';
import type {ModelName} from './models';

/** What the visitor chose for a training. */
export interface Setup {
  readonly backend: string;
  readonly model: ModelName;
  readonly schedule: CourseKind;
  /** The epochs of a cycle. */
  readonly epochs: number;
  /** How many times the schedule and its epochs are run, one after the other, on the same weights. */
  readonly cycles: number;
  /** Digits per batch. */
  readonly batch: number;
  /** Digits to train with. The accuracy is measured on others, a quarter as many. */
  readonly digits: number;
  readonly seed: number;
  /** The learning rate of each optimizer that takes part. */
  readonly lrs: Readonly<Record<string, number>>;
}

/** The numbers of a setup: their ranges, and what they are on a page that was opened without a link. */
export const RANGES = {
  digits: {least: 64, most: 8000, usual: 8000},
  batch: {least: 8, most: 512, usual: 64},
  epochs: {least: 1, most: 50, usual: 3},
  cycles: {least: 1, most: 10, usual: 1},
  seed: {least: 0, most: 9999, usual: 1},
};

/** The optimizers of a page that was opened without a link, besides the one that they are compared with. */
export const CHOSEN: readonly string[] = ['sgd', 'adam', 'ranger'];

/** The number of steps of a cycle. */
export function cycleStepsOf({epochs, batch, digits}: Setup): number {
  return epochs * Math.ceil(digits / batch);
}

/** The number of steps of a training. */
export function stepsOf(setup: Setup): number {
  return setup.cycles * cycleStepsOf(setup);
}
