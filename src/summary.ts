import type {Scalar} from './callback';

/** One parameter in a summary. */
export interface SummaryRow {
  readonly variable: string;
  readonly group: number;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  /** Whether weight decay and L2 act on it. */
  readonly decay: boolean;
  readonly hypers: Readonly<Record<string, Scalar>>;
}
