import {optimizerOf} from '../optimizer/optimizer_of_model';
import {checkOptions, checkSwitch, checkWhole} from '../schedule/options';
import {
  type FlatCosOptions,
  flatCosPolicy,
  type OneCycleOptions,
  oneCyclePolicy,
  type SgdrOptions,
  sgdrPolicy,
  type WarmupCosOptions,
  warmupCosPolicy,
} from '../schedule/policies';
import {checkSchedules, isPolicy, type SchedulePolicy, type Schedules} from '../schedule/schedule';
import {type Fit, FitCallback} from './fit_callback';
import type {TrainingRun} from './training_run';

/** What a callback of `fit` takes that moves hypers. */
export interface KeepOption {
  /**
   * Leave the hypers as they are when training ends, instead of putting them back to what they were. What was set
   * since stays either way. Default false.
   */
  readonly keep?: boolean;
}

/** What a scheduler of `fit` takes beside the settings of its schedules. */
export interface SchedulerOptions extends KeepOption {
  /**
   * How many batches the dataset has, for `fitDataset` with one that does not know it. TensorFlow.js is not told, so
   * that it begins the dataset anew in each epoch. Default: what `fit` or `fitDataset` knows.
   */
  readonly stepsPerEpoch?: number;
}

type Hypers = Parameters<SchedulePolicy['schedulesFor']>[0];

/** The runs in which a scheduler has begun. */
const begunIn = new WeakSet<TrainingRun>();

/**
 * A callback for `fit` and `fitDataset` that has the optimizer follow schedules over all batches of all epochs, as
 * `setSchedule` does. When training ends, completed or not, the hypers go back to what they were before, but for
 * those that were set since; so does what is saved after the last step. It is a policy for `setSchedule` too.
 */
export class ParamScheduler extends FitCallback implements SchedulePolicy {
  readonly #policy: Schedules | SchedulePolicy;

  constructor(
    name: string,
    policy: Schedules | SchedulePolicy,
    {keep = false, stepsPerEpoch: given}: SchedulerOptions = {},
  ) {
    checkSwitch('keep', keep);
    if (given !== undefined) checkWhole('stepsPerEpoch', given, 1);
    let begun = false;
    super({
      trainBegin: () => {
        begun = false;
      },
      // So that what the user saves when training ends has the hypers back.
      trainEnd: ({model}) => {
        optimizerOf(model).moving.endFit();
      },
      epochBegin: (fit, epoch) => {
        // Only here `fitDataset` tells in which epoch it begins.
        if (begun) return;
        begun = true;
        const {model, run, epochs} = fit;
        const stepsPerEpoch = stepsOf(name, fit, given);
        const optimizer = optimizerOf(model);
        const claimed = (hypers: Hypers) => {
          const schedules = this.schedulesFor(hypers);
          for (const hyper of Object.keys(schedules)) run.claim(hyper, name);
          return schedules;
        };
        const beside = begunIn.has(run);
        const length = {steps: epochs * stepsPerEpoch, step: epoch * stepsPerEpoch};
        optimizer.moving.start({schedulesFor: claimed}, length, {keep, beside});
        if (!beside)
          run.onEnd(() => {
            optimizer.moving.endFit();
          });
        begunIn.add(run);
      },
    });
    this.#policy = policy;
  }

  /** The schedules. @param hypers the hypers of each group. */
  schedulesFor(hypers: Hypers): Schedules {
    return isPolicy(this.#policy) ? this.#policy.schedulesFor(hypers) : this.#policy;
  }
}

/** @throws where they are not known, or known to be others than those given. */
function stepsOf(name: string, fit: Fit, given: number | undefined): number {
  const {knownSteps} = fit;
  if (given === undefined) return fit.stepsPerEpoch;
  if (knownSteps === undefined || knownSteps === given) return given;
  throw new Error(
    `${name}: 'stepsPerEpoch' is ${given}, but this fit makes ${knownSteps} steps per epoch. Leave it out.`,
  );
}

/**
 * Moves hypers by schedules, such as `paramScheduler({lr: cos(1e-3, 1e-5), wd: lin(0.1, 0)})`, over the whole of a
 * fit.
 */
export function paramScheduler(
  schedules: Schedules,
  options: SchedulerOptions = {},
  ...more: undefined[]
): ParamScheduler {
  checkSchedules(schedules);
  checkOptions('paramScheduler', options, ['keep', 'stepsPerEpoch'], more, 'schedules, ');
  return new ParamScheduler('paramScheduler', schedules, options);
}

/**
 * One-cycle: `lr` in half a cosine from `lrMax/div` to `lrMax`, then down to `lrMax/divFinal`; `mom` the other way.
 * Source: Smith & Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018.
 */
export function oneCycle(options: OneCycleOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('oneCycle', oneCyclePolicy(options, more), options);
}

/**
 * Flat, then half a cosine: `lr` stays at `lrMax` for `pctStart` of the steps and then goes down to `lrMax/divFinal`.
 */
export function flatCos(options: FlatCosOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('flatCos', flatCosPolicy(options, more), options);
}

/**
 * Cosine annealing with warm restarts: in each cycle `lr` goes from `lrMax` to 0; each is `cycleMult` times as long as
 * the one before. Source: Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
 */
export function sgdr(options: SgdrOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('sgdr', sgdrPolicy(options, more), options);
}

/** Linear warm-up from `lrStart` to `lrMax`, then half a cosine to `lrEnd`. */
export function warmupCos(options: WarmupCosOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('warmupCos', warmupCosPolicy(options, more), options);
}
