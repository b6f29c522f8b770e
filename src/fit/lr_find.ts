import {optimizerOf} from '../optimizer/optimizer_of_model';
import {exp} from '../schedule/constructors';
import {checkPositive, checkSwitch, checkWhole} from '../util/options';
import {type Agreement, agreementOf} from './agreement';
import {FitCallback, logged} from './fit_callback';
import {checkTrainArgs, train, trainFunction} from './train';
import {trainAndUndo} from './train_and_undo';

/** Settings of `lrFind`. */
export interface LrFindOptions {
  /** The rate of the first step, positive. Default 1e-7. */
  readonly startLr?: number;
  /** The rate rises exponentially towards this one; above `startLr`. Default 10. */
  readonly endLr?: number;
  /** The number of steps, a whole number from 1. Default 100. */
  readonly numIt?: number;
  /** Stop once the smoothed loss is above four times the best one. Default true. */
  readonly stopDiv?: boolean;
}

/** What `lrFind` found: the curve, the rates that four rules suggest, and the rate to take. */
export interface LrFindResult extends Agreement {
  /** The rate of each step. */
  readonly lrs: readonly number[];
  /** The smoothed loss after each step: an exponential moving average (0.98) without the bias of its start. */
  readonly losses: readonly number[];
}

const SMOOTHING = 0.98;

/**
 * Trains for a few steps at rising learning rates, `startLr·(endLr/startLr)^(i/numIt)`, and returns the losses.
 * Afterwards everything is as it was, bit for bit, also where training diverges, is stopped or throws: weights, moving
 * averages, the states of stateful RNNs, the model's `history`, the optimizer's state, hypers, schedule, step count and
 * freezing. Only two things are not undone: random numbers were drawn, and a dataset has given data. Takes the data and
 * arguments of `fit` or `fitDataset`, `signal`, and `onProgress` (`steps` is `numIt`). `epochs` and `initialEpoch`, and
 * `stepsPerEpoch` and `batchesPerEpoch` of a dataset, have no effect. Source: Smith, Cyclical Learning Rates for
 * Training Neural Networks, 2017; the rules are fastai's.
 * @throws (rejects) where the model's optimizer is not one of this package or a setting is out of its range.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * const {valley, lrs, losses} = await lrFind(model, xs, ys, {numIt: 20});
 * ```
 */
export const lrFind = /* @__PURE__ */ trainFunction<LrFindOptions, LrFindResult>(
  {name: 'lrFind', own: ['startLr', 'endLr', 'numIt', 'stopDiv'], inOrder: {numIt: 100}},
  async (
    model,
    fitOn,
    {startLr = 1e-7, endLr = 10, numIt = 100, stopDiv = true, signal, onProgress, ...args} = {},
  ) => {
    const optimizer = optimizerOf(model);
    checkPositive('startLr', startLr);
    checkPositive('endLr', endLr);
    if (endLr <= startLr) throw new Error(`'endLr' must be above 'startLr'; got ${endLr} and ${startLr}.`);
    checkWhole('numIt', numIt, 1);
    checkSwitch('stopDiv', stopDiv);
    signal?.throwIfAborted();
    checkTrainArgs({onProgress});
    const lrs: number[] = [];
    const losses: number[] = [];
    let average = 0;
    let best = Infinity;
    let epoch = 0;
    const watch = new FitCallback({
      trainBegin: ({run}) => {
        run.claim('lr', 'lrFind');
      },
      epochBegin: (_, now) => {
        epoch = now;
      },
      batchEnd: async ({model: training}, batch, logs) => {
        const value = await logged(logs['loss']);
        if (value === undefined) throw new Error("lrFind reads the loss of each batch, but fit did not log 'loss'.");
        average = SMOOTHING * average + (1 - SMOOTHING) * value;
        const loss = average / (1 - SMOOTHING ** (losses.length + 1));
        lrs.push(optimizer.learningRate);
        losses.push(loss);
        best = Math.min(best, Number.isFinite(loss) ? loss : Infinity);
        if ((stopDiv && loss > 4 * best) || losses.length >= numIt) training.stopTraining = true;
        onProgress?.({epoch, epochs: numIt, batch, step: losses.length, steps: numIt});
      },
    });
    await trainAndUndo(model, optimizer, async () => {
      optimizer.setSchedule({lr: exp(startLr, endLr)}, {steps: numIt});
      // An epoch has at least one batch, so `numIt` epochs are enough. Nothing here needs to know the steps per epoch.
      await train(fitOn, {...args, keepWindow: true, signal, epochs: numIt, initialEpoch: 0}, [watch], {
        stepsMatter: false,
      });
    });
    return {lrs, losses, ...agreementOf({lrs, losses, numIt})};
  },
);
