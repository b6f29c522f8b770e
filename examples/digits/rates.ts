import {defined} from '../support/lookup';

/** Learning rates that suit an optimizer. */
interface Rates {
  /** The highest rate of one-cycle. */
  readonly cycle: number;
  /** A rate that does not move. */
  readonly constant: number;
}
