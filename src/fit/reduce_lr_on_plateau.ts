import type {Optimizer} from '../optimizer/optimizer';
import {optimizerOf} from '../optimizer/optimizer_of_model';
import {installSchedules} from '../schedule/install_schedules';
import {checkOptions, checkPositive, checkSwitch, checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {FitCallback} from './fit_callback';
import {monitorOf, type MonitorOptions} from './monitor';
import type {KeepOption} from './schedulers';

/** Settings of `reduceLROnPlateau`. */
export interface PlateauOptions extends MonitorOptions, KeepOption {
  /** The rate is multiplied by this, in (0, 1). Default 0.1. */
  readonly factor?: number;
  /** The rate is reduced after this many epochs without improvement, a whole number from 1. Default 10. */
  readonly patience?: number;
  /** This many epochs after a reduction do not count, a whole number from 0. Default 0. */
  readonly cooldown?: number;
  /** The rate is not reduced below this, a number from 0. Default 0. */
  readonly minLr?: number;
}

/**
 * A callback that multiplies the learning rate of every group by `factor` when `monitor` has not improved by more than
 * `minDelta` for `patience` epochs. The first reduction ends a schedule of `lr`. When training ends, the rate goes back
 * to its value before the first reduction, unless it was set since or `keep` is true. What is saved after the last step
 * has this value too. What is saved earlier has the reduced rate: a fit that goes on from it begins and ends with the
 * reduced rate.
 * @throws when training begins, where `mode` must be given; in training, where the monitored value is not logged.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: reduceLROnPlateau({monitor: 'loss', factor: 0.5})});
 * ```
 */
export function reduceLROnPlateau(options: PlateauOptions = {}, ...more: undefined[]): FitCallback {
  installSchedules();
  checkOptions(
    'reduceLROnPlateau',
    options,
    {
      monitor: 'loss',
      mode: 'min',
      minDelta: 0,
      keep: true,
      factor: 0.1,
      patience: 10,
      cooldown: 0,
      minLr: 0,
    },
    more,
  );
  const {factor = 0.1, patience = 10, cooldown = 0, minLr = 0, keep = false} = options;
  checkPositive('factor', factor);
  if (factor >= 1) throw new Error(`'factor' must be below 1; got ${factor}.`);
  checkWhole('patience', patience, 1);
  checkWhole('cooldown', cooldown, 0);
  if (!(Number.isFinite(minLr) && minLr >= 0))
    throw new Error(`'minLr' must be a number from 0; got ${shown(minLr)}.`);
  checkSwitch('keep', keep);
  const monitor = monitorOf('reduceLROnPlateau', options);
  let waited = 0;
  let resting = 0;
  let epoch = 0;
  let over = () => false;
  return new FitCallback({
    trainBegin: fit => {
      const {model, run} = fit;
      const optimizer = optimizerOf(model);
      monitor.begin(fit);
      checkHasRate(optimizer);
      run.claim('lr', 'reduceLROnPlateau');
      run.onEnd(() => {
        optimizer.moving.giveBack('lr');
      });
      waited = 0;
      resting = 0;
      over = () => false;
    },
    // Callbacks of the user may save when training ends. What they save must have the rate from before.
    trainEnd: ({model}) => {
      optimizerOf(model).moving.giveBack('lr');
    },
    epochBegin: (_, now) => {
      epoch = now;
    },
    batchBegin: ({model, epochs, knownSteps}, batch) => {
      if (epoch < epochs - 1 || batch + 1 !== knownSteps) return;
      const optimizer = optimizerOf(model);
      const {iterations} = optimizer;
      over = () => optimizer.iterations > iterations;
    },
    epochEnd: async (fit, _, logs) => {
      const {model, epochs} = fit;
      if (epoch === epochs - 1) over = () => true;
      const improved = await monitor.improves(fit, logs);
      if (improved === undefined) return;
      resting = Math.max(0, resting - 1);
      waited = improved || resting > 0 ? 0 : waited + 1;
      if (waited < patience) return;
      const optimizer = optimizerOf(model);
      const rates = optimizer.hypers.map(({lr}) => Math.min(Number(lr), Math.max(Number(lr) * factor, minLr)));
      if (keep) optimizer.setHyper('lr', rates);
      else optimizer.moving.lend('lr', rates, () => over());
      waited = 0;
      resting = cooldown + 1;
    },
  });
}

function checkHasRate({hypers}: Optimizer): void {
  if (!hypers.some(({lr}) => typeof lr === 'number'))
    throw new Error("reduceLROnPlateau needs an optimizer with the hyper 'lr'; this optimizer has no 'lr'.");
}
