import {optimizerOf} from '../optimizer/optimizer_of_model';
import {checkPositive, checkSwitch, checkWhole} from '../schedule/options';
import {exp} from '../schedule/schedule';
import {type Agreement, agreementOf} from './agreement';
import {FitCallback, logged} from './fit_callback';
import {checkTrainArgs, train, trainFunction} from './train';
import {trainAndUndo} from './train_and_undo';

/** Settings of `lrFind`. */
export interface LrFindOptions {
  /** The rate of the first step, positive. Default 1e-7. */
  readonly startLr?: number;
  /** The rate that the steps rise to, exponentially; positive. Default 10. */
  readonly endLr?: number;
  /** How many steps to make, a whole number from 1. Default 100. */
  readonly numIt?: number;
  /** Stop once the smoothed loss is four times the best. Default true. */
  readonly stopDiv?: boolean;
}

/** What `lrFind` found: the curve, the rates that four rules suggest, and what to take. */
export interface LrFindResult extends Agreement {
  /** The rate of each step. */
  readonly lrs: readonly number[];
  /** The loss after each step, smoothed: an exponential moving average (0.98) without the bias of its start. */
  readonly losses: readonly number[];
}

const SMOOTHING = 0.98;

/**
 * Trains for a few steps at rising learning rates, `startLr·(endLr/startLr)^(i/numIt)`, and tells how the loss went.
 * Nothing of it remains: weights, moving averages, the states of stateful RNNs, the model's `history`, the optimizer's
 * state, hypers, schedule, step count and freezing are as they were, bit for bit, also where it diverges, is stopped
 * or throws. Only random numbers that were drawn, and data that a dataset gave, are gone. Takes the data and arguments
 * of `fit` or `fitDataset`, `signal`, and `onProgress` (`steps` is `numIt`); `epochs`, `initialEpoch`, `stepsPerEpoch`
 * and `batchesPerEpoch` play no part. Source: Smith, Cyclical Learning Rates for Training Neural Networks, 2017; the
 * rules are fastai's.
 * @throws (rejects) where the model's optimizer is not one of this package or a setting is impossible.
 */
export const lrFind = /* @__PURE__ */ trainFunction<LrFindOptions, LrFindResult>(
  {name: 'lrFind', own: ['startLr', 'endLr', 'numIt', 'stopDiv'], inOrder: ['numIt']},
  async (
    model,
    fitOn,
    {startLr = 1e-7, endLr = 10, numIt = 100, stopDiv = true, signal, onProgress, ...args} = {},
  ) => {
    const optimizer = optimizerOf(model);
    checkPositive('startLr', startLr);
    checkPositive('endLr', endLr);
    if (endLr <= startLr) throw new Error(`'endLr' is above 'startLr'; got ${endLr} and ${startLr}.`);
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
        average = SMOOTHING * average + (1 - SMOOTHING) * ((await logged(logs['loss'])) ?? NaN);
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
      // An epoch has one batch at least; how many it has need not be known.
      await train(model, fitOn, {...args, keepWindow: true, signal, epochs: numIt, initialEpoch: 0}, [watch], {
        stepsMatter: false,
      });
    });
    return {lrs, losses, ...agreementOf({lrs, losses, numIt})};
  },
);
