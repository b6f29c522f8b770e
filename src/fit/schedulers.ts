import type {Optimizer} from '../optimizer/optimizer';
import {optimizerOf} from '../optimizer/optimizer_of_model';
import {isScheduleFree} from '../rule/schedule_free';
import {installSchedules} from '../schedule/install_schedules';
import {
  type FlatCosOptions,
  flatCosPolicy,
  type OneCycleOptions,
  oneCyclePolicy,
  type SgdrOptions,
  sgdrPolicy,
  type WarmupCosOptions,
  warmupCosPolicy,
  type WsdOptions,
  wsdPolicy,
} from '../schedule/policies';
import {checkSchedules, isPolicy, type SchedulePolicy, type Schedules} from '../schedule/schedule';
import {secondsIn, type TimeLength} from '../schedule/span';
import {checkOptions, checkSwitch, checkWhole} from '../util/options';
import {warnOnce} from '../util/warn';
import {type Fit, FitCallback} from './fit_callback';
import {checkSteps, stepsCheck} from './steps_check';
import type {TrainingRun} from './training_run';

/** A setting of all callbacks for `fit` that move hypers. */
export interface KeepOption {
  /**
   * Whether the hypers stay as they are when training ends. Otherwise they go back to their values from before. A hyper
   * that was set since stays either way. Default false.
   */
  readonly keep?: boolean;
}

/**
 * Settings of a scheduler for `fit`, in addition to those of its schedules. With `minutes` or `seconds`, the schedules
 * take this time of training in place of all batches of all epochs, and training stops after the batch in which the
 * time is over. All time from the first batch on counts, including validation. Give `fit` more epochs than it can
 * train in that time.
 */
export interface SchedulerOptions extends KeepOption, TimeLength {
  /**
   * The number of batches per epoch, for `fitDataset` with a dataset that does not know its size. It is not passed to
   * TensorFlow.js, which then begins the dataset anew in each epoch. Default: what `fit` or `fitDataset` knows.
   */
  readonly stepsPerEpoch?: number;
}

type Hypers = Parameters<SchedulePolicy['schedulesFor']>[0];

/** The runs in which at least one scheduler has begun, and the seconds that its schedules take. */
const begunIn = new WeakMap<TrainingRun, {readonly seconds: number | undefined}>();

/**
 * A callback for `fit` and `fitDataset`: the optimizer follows schedules over all batches of all epochs, or over a
 * time, as with `setSchedule`. When training ends, completed or not, the hypers go back to their values from before.
 * Those that were set since, and all where `keep` is true, stay. What is saved after the last step has these values
 * too. A `ParamScheduler` is also a policy for `setSchedule`.
 */
export class ParamScheduler extends FitCallback implements SchedulePolicy {
  readonly #policy: Schedules | SchedulePolicy;
  /** The seconds that its schedules take in `fit`. Undefined where they are by steps. */
  readonly seconds: number | undefined;

  constructor(
    name: string,
    policy: Schedules | SchedulePolicy,
    {keep = false, stepsPerEpoch: given, minutes, seconds: wanted}: SchedulerOptions = {},
  ) {
    checkSwitch('keep', keep);
    if (given !== undefined) checkWhole('stepsPerEpoch', given, 1);
    const seconds = secondsIn({minutes, seconds: wanted});
    if (seconds !== undefined && given !== undefined)
      throw new Error(`${name}: 'stepsPerEpoch' has no effect on a schedule by time; leave it out.`);
    let begun = false;
    const check = given === undefined ? undefined : stepsCheck(name, given);
    super({
      trainBegin: ({knownSteps}) => {
        check?.trainBegin();
        if (knownSteps === 0)
          throw new Error(
            `${name}: there are no examples to train on: the data have none, or \`validationSplit\` takes all for ` +
              'validation. Give more examples.',
          );
        begun = false;
      },
      // Callbacks of the user may save when training ends. What they save must have the hypers from before.
      trainEnd: ({model, epochs}) => {
        const {moving} = optimizerOf(model);
        if (seconds !== undefined && !moving.tick() && !model.stopTraining)
          warnOnce(
            `${name}: training ended after ${epochs} epochs, before the time of ${seconds} seconds was over, so the ` +
              'schedule did not reach its end. Give fit more epochs, such as epochs: 1e6. The time ends training.',
          );
        moving.endFit();
      },
      batchEnd: fit => {
        const {model} = fit;
        check?.batchEnd(fit);
        if (seconds !== undefined && optimizerOf(model).moving.tick()) model.stopTraining = true;
      },
      epochEnd: fit => {
        const {model} = fit;
        check?.epochEnd(fit);
        // Validation counts. After it, the next epoch may have no time left.
        if (seconds !== undefined && optimizerOf(model).moving.tick()) model.stopTraining = true;
      },
      epochBegin: (fit, epoch) => {
        // `fitDataset` does not tell `trainBegin` in which epoch it begins.
        if (begun) return;
        begun = true;
        const {model, run, epochs} = fit;
        const before = begunIn.get(run);
        if (before !== undefined && before.seconds !== seconds)
          throw new Error(
            'All schedulers of a fit must take the same time, or all of them steps; got ' +
              `${before.seconds ?? 'no'} and ${seconds ?? 'no'} seconds.`,
          );
        installSchedules();
        const optimizer = optimizerOf(model);
        if (name !== 'paramScheduler' && isScheduleFree(optimizer.callbacks))
          warnOnce(
            `${name} lowers the learning rate of scheduleFree, which needs a constant one; its averages take the ` +
              'place of a schedule. Train with plain fit and evaluateAverages(), or use another optimizer.',
          );
        const inSteps = () => {
          const stepsPerEpoch = stepsOf(name, fit, given);
          return {steps: epochs * stepsPerEpoch, step: epoch * stepsPerEpoch};
        };
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
        const beside = before !== undefined;
        const length = seconds === undefined ? inSteps() : {seconds, spent: spentIn(optimizer, seconds, epoch)};
        optimizer.moving.start({schedulesFor: claimed, ownMoms: this.ownMoms}, length, {keep, beside});
        if (!beside)
          run.onEnd(() => {
            optimizer.moving.endFit();
          });
        begunIn.set(run, {seconds});
      },
    });
    this.#policy = policy;
    this.seconds = seconds;
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

/**
 * The seconds of a schedule by time that were spent before this fit. Training that goes on at a later epoch goes on
 * along the schedule that was saved with the optimizer.
 */
function spentIn({moving}: Optimizer, seconds: number, epoch: number): number {
  const {view} = moving;
  return epoch > 0 && view?.seconds === seconds ? (view.spent ?? 0) : 0;
}

/** The steps per epoch. @throws where they are not known, or where the fit has another number of them than `given`. */
function stepsOf(name: string, fit: Fit, given: number | undefined): number {
  const {knownSteps} = fit;
  if (given === undefined) return fit.stepsPerEpoch;
  checkSteps(name, given, knownSteps);
  return given;
}

/**
 * Moves hypers by schedules over a whole fit: `paramScheduler({lr: cos(1e-3, 1e-5), wd: lin(0.1, 0)})`, or over a
 * time: `paramScheduler({lr: cos(1e-3, 0)}, {minutes: 5})`.
 * @throws where the schedules or the options are not valid.
 * @formula `hyper = schedule(q)`, where q goes from 0 to 1 over the fit
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: paramScheduler({lr: cos(1e-3, 1e-5), wd: lin(0.1, 0)})});
 * ```
 */
export function paramScheduler(
  schedules: Schedules,
  options: SchedulerOptions = {},
  ...more: undefined[]
): ParamScheduler {
  checkSchedules(schedules);
  checkOptions('paramScheduler', options, ['keep', 'stepsPerEpoch', 'minutes', 'seconds'], more, 'schedules, ');
  return new ParamScheduler('paramScheduler', schedules, options);
}

/**
 * One-cycle: `lr` follows half a cosine from `lrMax/div` up to `lrMax`, then another one down to `lrMax/divFinal`.
 * `mom` falls where `lr` rises, and rises where `lr` falls.
 * Source: Smith & Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018.
 * @formula `lr = a + (1 + cos(π·(1 - q)))·(b - a)/2`, first from `lrMax/div` to `lrMax`, then to `lrMax/divFinal`
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: oneCycle({lrMax: 1e-2})});
 * ```
 */
export function oneCycle(options: OneCycleOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('oneCycle', oneCyclePolicy(options, more), options);
}

/**
 * Flat, then half a cosine: `lr` stays at `lrMax` for the share `pctStart` of the steps, and then goes down to
 * `lrMax/divFinal`.
 * @formula `lr = lrMax`, then `lrMax + (1 + cos(π·(1 - q)))·(lrMax/divFinal - lrMax)/2` for q from 0 to 1
 * @example
 * ```ts
 * model.compile({optimizer: ranger(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: flatCos({pctStart: 0.7})});
 * ```
 */
export function flatCos(options: FlatCosOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('flatCos', flatCosPolicy(options, more), options);
}

/**
 * Cosine annealing with warm restarts: in each cycle, `lr` goes from `lrMax` to 0. Each cycle is `cycleMult` times as
 * long as the one before. Source: Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
 * @formula `lr = lrMax·(1 + cos(π·q))/2`, for q from 0 to 1 in each cycle
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 7, callbacks: sgdr({cycles: 3, lrMax: 1e-2})}); // 1 + 2 + 4 epochs
 * ```
 */
export function sgdr(options: SgdrOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('sgdr', sgdrPolicy(options, more), options);
}

/**
 * Linear warm-up from `lrStart` to `lrMax`, then half a cosine to `lrEnd`.
 * @formula `lr = lrStart + q·(lrMax - lrStart)`, then `lrMax + (1 + cos(π·(1 - q)))·(lrEnd - lrMax)/2`
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: warmupCos({pctStart: 0.1})});
 * ```
 */
export function warmupCos(options: WarmupCosOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('warmupCos', warmupCosPolicy(options, more), options);
}

/**
 * Warm-up, stable rate, decay: `lr` rises linearly from `lrStart` to `lrMax` for the share `pctStart`, stays there, and
 * falls to `lrEnd` in the last share `pctDecay`: as `1 - √p`, p the share of the decay, or linearly. The rate before
 * the decay does not depend on the length of training, so a training can be made longer from a model that was saved
 * then. Sources: Hu et al., MiniCPM: Unveiling the Potential of Small Language Models, 2024; Hägele et al., Scaling
 * Laws and Compute-Optimal Training Beyond Fixed Training Durations, 2024, where `1-sqrt` over 20 % was better than
 * linear.
 * @formula `lr = lrMax`, and in the decay `lrEnd + (lrMax - lrEnd)·(1 - √q)`, for q from 0 to 1
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: wsd({pctDecay: 0.2})});
 * ```
 */
export function wsd(options: WsdOptions & SchedulerOptions = {}, ...more: undefined[]): ParamScheduler {
  return new ParamScheduler('wsd', wsdPolicy(options, more), options);
}
