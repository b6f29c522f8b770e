import type {Optimizer} from '../../../src';
import type {ModernCase, Steps} from '../golden_modern.mjs';
import type {tf} from '../tfjs';
import type {RecordedHypers} from './recorded_hypers';

type Trace = number | readonly number[];

/** What a recorded class is here. */
export interface Adapter {
  /**
   * Makes the optimizer. Every hyper of the recorded run must be asked for.
   * @param params the variables, by group.
   * @param inside the hypers of the rule inside, where the recorded class goes around another.
   */
  readonly make: (
    given: RecordedHypers,
    params: tf.Variable[][],
    inside: {readonly rule: string; readonly given: RecordedHypers} | undefined,
  ) => Optimizer;
  /** Our names of hypers that are set during a run. Default: `{lr: 'lr', weight_decay: 'wd'}`. */
  readonly names?: Readonly<Record<string, string>>;
  /** What `fusedOn` must be, or match, after a step. Default: the backend, so everything is fused. */
  readonly fusedOn?: (one: ModernCase, backend: string, step: number) => string | RegExp;
  /** The parameters after each step, in place of the recorded ones, where ours differ by design. Default: recorded. */
  readonly params?: (one: ModernCase) => Steps;
  /** The recorded values that `opt.eval()` shows. Default: none. */
  readonly shows?: 'x' | 'averaged';
  /** After how many steps these are compared. Default 0. */
  readonly showsAfter?: (one: ModernCase) => number;
  /** Our entries of state by their recorded names, which are compared at the end of a run. */
  readonly state?: Readonly<Record<string, string>> | ((one: ModernCase) => Readonly<Record<string, string>>);
  /** Reads recorded numbers that belong to no parameter, after a step. A list has one number per group. */
  readonly trace?: Readonly<Record<string, (optimizer: Optimizer) => Trace | Promise<Trace>>>;
  /** How far off numbers of `trace` may be, relatively. Default 1e-6. */
  readonly traceTolerance?: number;
  /** Why a case is left out; undefined where it is compared. Default: all are compared. */
  readonly leftOut?: (one: ModernCase) => string | undefined;
}
