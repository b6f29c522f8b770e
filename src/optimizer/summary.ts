import type {Scalar} from '../rule/declaration';

/** One row of `summary()`: one parameter. */
export interface SummaryRow {
  /** The variable's name. */
  readonly variable: string;
  /** The index of its group. */
  readonly group: number;
  /** The index of its part. Only in a partition. */
  readonly part?: number;
  /** The name of its part: its `name`, or else the rule that trains it. Only in a partition. */
  readonly partName?: string;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Whether it trains now: it is not frozen, and its layer's `trainable` is true. */
  readonly trainable: boolean;
  /** Whether weight decay and L2 act on it. */
  readonly decay: boolean;
  /** The hypers of its group, as they are now. */
  readonly hypers: Readonly<Record<string, Scalar>>;
}
