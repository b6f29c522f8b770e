import {optimizerOf} from '../of_model';
import {checkOptions, checkPositive, checkSwitch, checkWhole} from '../schedule/options';
import {FitCallback} from './fit_callback';
import {type MonitorOptions, monitorOf} from './monitor';
import type {KeepOption} from './schedulers';

/** Settings of `reduceLROnPlateau`. */
export interface PlateauOptions extends MonitorOptions, KeepOption {
  /** What the rate is multiplied by, in (0, 1). Default 0.1. */
  readonly factor?: number;
  /** How many epochs without improvement it takes, a whole number from 1. Default 10. */
  readonly patience?: number;
  /** How many epochs after a reduction don't count, a whole number from 0. Default 0. */
  readonly cooldown?: number;
  /** The rate is not reduced below this, from 0. Default 0. */
  readonly minLr?: number;
}

/**
 * A callback that multiplies the learning rate of every group by `factor` once `monitor` has not improved by `minDelta` for `patience` epochs.
 * @throws in training, where the monitored value is not logged.
 */
export function reduceLROnPlateau(options: PlateauOptions = {}, ...more: undefined[]): FitCallback {
  checkOptions('reduceLROnPlateau', options, ['monitor', 'mode', 'minDelta', 'keep', 'factor', 'patience', 'cooldown', 'minLr'], more);
  const {factor = 0.1, patience = 10, cooldown = 0, minLr = 0, keep = false} = options;
  checkPositive('factor', factor);
  if (factor >= 1) throw new Error(`'factor' is what the rate is multiplied by, below 1; got ${factor}.`);
  checkWhole('patience', patience, 1);
  checkWhole('cooldown', cooldown, 0);
  if (!(minLr >= 0)) throw new Error(`'minLr' is a number from 0; got ${String(minLr)}.`);
  checkSwitch('keep', keep);
  const monitor = monitorOf('reduceLROnPlateau', options);
  let waited = 0;
  let resting = 0;
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const optimizer = optimizerOf(model);
      run.claim('lr', 'reduceLROnPlateau');
      const before = optimizer.hypers.map(hypers => hypers['lr'] ?? optimizer.learningRate);
      if (!keep) run.onEnd(() => { optimizer.setHyper('lr', before); });
      monitor.reset();
      waited = 0;
      resting = 0;
    },
    epochEnd: async ({model}, _, logs) => {
      const improved = await monitor.improves(logs);
      resting = Math.max(0, resting - 1);
      waited = improved || resting > 0 ? 0 : waited + 1;
      if (waited < patience) return;
      for (const hypers of optimizerOf(model).hypers) hypers['lr'] = Math.max(Number(hypers['lr']) * factor, minLr);
      waited = 0;
      resting = cooldown + 1;
    },
  });
}
