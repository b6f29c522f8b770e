import type {Optimizer} from '../optimizer/optimizer';
import type {RowSettings} from '../optimizer/row';
import type {AnyCallback, Settings} from '../optimizer/settings';
import type {HyperValue} from '../rule/slice';
import {adEMAMix} from './ad_ema_mix';
import {adaBelief} from './ada_belief';
import {adadelta} from './adadelta';
import {adafactor} from './adafactor';
import {adagrad} from './adagrad';
import {adamax} from './adamax';
import {adan} from './adan';
import {adopt} from './adopt';
import {adam, adamW, lamb, larc, qhAdam, rAdam, ranger, rmsProp, sgd} from './fastai';
import {laProp} from './la_prop';
import {lion} from './lion';
import {mars} from './mars';
import {muon} from './muon';
import {nAdamW} from './n_adam_w';
import {prodigy} from './prodigy';
import {scheduleFreeAdamW, scheduleFreeRAdam, scheduleFreeSgd} from './schedule_free';
import {stableAdamW} from './stable_adam_w';

/** What every optimizer of the table takes beside the learning rate: settings, and hypers of its own by name. */
export type TableOptions = RowSettings<readonly AnyCallback[]> & Settings<readonly AnyCallback[]>;

/** The factory of an optimizer of the table, whatever its hypers are. */
export interface TableFactory {
  /**
   * @param lr the learning rate: one, one per group, or a `slice`. Default: that of the rule.
   * @param options settings and hypers by name. The compiler does not know the hypers; the factory checks them.
   * @throws as the factory does.
   */
  (lr?: HyperValue, options?: TableOptions): Optimizer;
  /** The row; absent where the factory puts several rules together. */
  readonly row?: {readonly decays?: boolean};
}

/** An optimizer of the table. */
export interface TableEntry {
  /** The name of the factory. */
  readonly name: string;
  /** The factory. */
  readonly make: TableFactory;
}

/**
 * The optimizers of the package. Tests, benchmarks, the demo and documentation go through this table. `make` makes one
 * with its defaults, except for what it is given.
 * @example
 * ```ts
 * for (const {name, make} of optimizers) console.log(name, make().learningRate);
 * ```
 */
export const optimizers: readonly TableEntry[] = [
  {name: 'sgd', make: sgd},
  {name: 'rmsProp', make: rmsProp},
  {name: 'adam', make: adam},
  {name: 'adamW', make: adamW},
  {name: 'rAdam', make: rAdam},
  {name: 'qhAdam', make: qhAdam},
  {name: 'larc', make: larc},
  {name: 'lamb', make: lamb},
  {name: 'ranger', make: ranger},
  {name: 'lion', make: lion},
  {name: 'muon', make: muon},
  {name: 'nAdamW', make: nAdamW},
  {name: 'stableAdamW', make: stableAdamW},
  {name: 'prodigy', make: prodigy},
  {name: 'adaBelief', make: adaBelief},
  {name: 'adan', make: adan},
  {name: 'adopt', make: adopt},
  {name: 'laProp', make: laProp},
  {name: 'mars', make: mars},
  {name: 'adEMAMix', make: adEMAMix},
  {name: 'adagrad', make: adagrad},
  {name: 'adadelta', make: adadelta},
  {name: 'adamax', make: adamax},
  {name: 'adafactor', make: adafactor},
  {name: 'scheduleFreeAdamW', make: scheduleFreeAdamW},
  {name: 'scheduleFreeSgd', make: scheduleFreeSgd},
  {name: 'scheduleFreeRAdam', make: scheduleFreeRAdam},
];
