import type {Callback, HyperDefaults} from '../rule/declaration';
import {shown} from '../util/shown';
import {Optimizer} from './optimizer';
import {isOptimizer} from './optimizer_of_model';
import {numbersIn} from './settings';
import {tableHypers} from './table_hypers';

/**
 * An optimizer with a callback after its own. It takes over the parameters, hypers and state of the optimizer that it
 * is given, which can't be used by itself afterwards.
 */
export abstract class ExtendedOptimizer extends Optimizer<readonly Callback[]> {
  /** What the optimizer inside may have declared. Its class, and so the defaults, are not saved. */
  static override get declaredHypers(): HyperDefaults {
    return tableHypers();
  }

  constructor(inner: Optimizer, last: Callback) {
    if (!isOptimizer(inner))
      throw new Error(
        'Only an optimizer of tfjs-optim can be taken over; wrap those of tf.train by new OptimWrapper(…). Got ' +
          `${shown(inner)}.`,
      );
    const isDivided = Optimizer.isDivided(inner);
    const values = isDivided ? {} : {...inner.hypers[0]};
    super(isDivided ? [last] : [...inner.callbacks, last], values, numbersIn(values));
    this.takeOver(inner, last);
  }
}
