import type {Scalar} from '../rule/declaration';

/** One parameter in a summary. */
export interface SummaryRow {
  /** The variable's name. */
  readonly variable: string;
  /** The index of its group. */
  readonly group: number;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Whether it trains now: neither frozen nor, by its layer, not trainable. */
  readonly trainable: boolean;
  /** Whether weight decay and L2 act on it. */
  readonly decay: boolean;
  /** The hypers of its group, as they are now. */
  readonly hypers: Readonly<Record<string, Scalar>>;
}
