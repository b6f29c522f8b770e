import {optimizerOf} from '../optimizer/optimizer_of_model';
import {isScheduleFree} from '../rule/schedule_free';
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
import {warnOnce} from '../util/warn';
import {type Fit, FitCallback} from './fit_callback';
import type {TrainingRun} from './training_run';

/** A setting of all callbacks for `fit` that move hypers. */
export interface KeepOption {
  /**
   * Whether the hypers stay as they are when training ends. Otherwise they go back to their values from before. A hyper
   * that was set since stays either way. Default false.
   */
  readonly keep?: boolean;
}

/** Settings of a scheduler for `fit`, in addition to those of its schedules. */
export interface SchedulerOptions extends KeepOption {
  /**
   * The number of batches per epoch, for `fitDataset` with a dataset that does not know its size. It is not passed to
   * TensorFlow.js, which then begins the dataset anew in each epoch. Default: what `fit` or `fitDataset` knows.
   */
  readonly stepsPerEpoch?: number;
}

type Hypers = Parameters<SchedulePolicy['schedulesFor']>[0];

/** The runs in which at least one scheduler has begun. */
const begunIn = new WeakSet<TrainingRun>();

/**
 * A callback for `fit` and `fitDataset`: the optimizer follows schedules over all batches of all epochs, as with
 * `setSchedule`. When training ends, completed or not, the hypers go back to their values from before. Those that were
 * set since, and all where `keep` is true, stay. What is saved after the last step has these values too. A
 * `ParamScheduler` is also a policy for `setSchedule`.
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
      // Callbacks of the user may save when training ends. What they save must have the hypers from before.
      trainEnd: ({model}) => {
        optimizerOf(model).moving.endFit();
      },
      epochBegin: (fit, epoch) => {
        // `fitDataset` does not tell `trainBegin` in which epoch it begins.
        if (begun) return;
        begun = true;
        const {model, run, epochs} = fit;
        const stepsPerEpoch = stepsOf(name, fit, given);
        const optimizer = optimizerOf(model);
        if (name !== 'paramScheduler' && isScheduleFree(optimizer.callbacks))
          warnOnce(
            `${name} lowers the learning rate of scheduleFree, which needs a constant one; its averages take the ` +
              'place of a schedule. Train with plain fit and evaluateAverages(), or use another optimizer.',
          );
        // A partition asks once per part.
        const mine = new Set<string>();
        const claimed = (hypers: Hypers) => {
          const schedules = this.schedulesFor(hypers);
          for (const hyper of Object.keys(schedules)) {
            if (!mine.has(hyper)) run.claim(hyper, name);
            mine.add(hyper);
          }
          return schedules;
        };
        const beside = begunIn.has(run);
        const length = {steps: epochs * stepsPerEpoch, step: epoch * stepsPerEpoch};
        optimizer.moving.start({schedulesFor: claimed, ownMoms: this.ownMoms}, length, {keep, beside});
        if (!beside)
          run.onEnd(() => {
            optimizer.moving.endFit();
          });
        begunIn.add(run);
      },
    });
    this.#policy = policy;
  }

  /** Whether it moves `mom` by values of its own. */
  get ownMoms(): boolean {
    return isPolicy(this.#policy) && this.#policy.ownMoms === true;
  }

  /** Returns the schedules by hyper. @param hypers the hypers of each group. */
  schedulesFor(hypers: Hypers): Schedules {
    return isPolicy(this.#policy) ? this.#policy.schedulesFor(hypers) : this.#policy;
  }
}

/** The steps per epoch. @throws where they are not known, or where the fit has another number of them than `given`. */
function stepsOf(name: string, fit: Fit, given: number | undefined): number {
  const {knownSteps} = fit;
  if (given === undefined) return fit.stepsPerEpoch;
  if (knownSteps === undefined || knownSteps === given) return given;
  throw new Error(`${name}: 'stepsPerEpoch' must be ${knownSteps} in this fit, or be left out; got ${given}.`);
}

/**
 * Moves hypers by schedules over a whole fit: `paramScheduler({lr: cos(1e-3, 1e-5), wd: lin(0.1, 0)})`.
 * @throws where the schedules or the options are not valid.
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
 * One-cycle: `lr` follows half a cosine from `lrMax/div` up to `lrMax`, then another one down to `lrMax/divFinal`.
 * `mom` falls where `lr` rises, and rises where `lr` falls.
 * Source: Smith & Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018.
 */
export function oneCycle(options: OneCycleOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('oneCycle', oneCyclePolicy(options, more), options);
}

/**
 * Flat, then half a cosine: `lr` stays at `lrMax` for the share `pctStart` of the steps, and then goes down to
 * `lrMax/divFinal`.
 */
export function flatCos(options: FlatCosOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('flatCos', flatCosPolicy(options, more), options);
}

/**
 * Cosine annealing with warm restarts: in each cycle, `lr` goes from `lrMax` to 0. Each cycle is `cycleMult` times as
 * long as the one before. Source: Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
 */
export function sgdr(options: SgdrOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('sgdr', sgdrPolicy(options, more), options);
}

/** Linear warm-up from `lrStart` to `lrMax`, then half a cosine to `lrEnd`. */
export function warmupCos(options: WarmupCosOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('warmupCos', warmupCosPolicy(options, more), options);
}
