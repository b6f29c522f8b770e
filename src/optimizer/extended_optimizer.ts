import type {Callback, HyperDefaults} from '../rule/declaration';
import {isScheduleFree} from '../rule/schedule_free';
import {shown} from '../util/shown';
import {Optimizer} from './optimizer';
import {asOptimizer} from './optimizer_of_model';
import {type PartsUnder, typedParts} from './part';
import {numbersIn} from './settings';
import {tableHypers} from './table_hypers';

/**
 * An optimizer with a callback after its own. It takes over the parameters, hypers and state of the optimizer that it
 * is given, which can't be used by itself afterwards.
 */
export abstract class ExtendedOptimizer<I extends Optimizer = Optimizer> extends Optimizer<readonly Callback[]> {
  /** What the optimizer inside may have declared. Its class, and so the defaults, are not saved. */
  static override get declaredHypers(): HyperDefaults {
    return tableHypers();
  }

  /**
   * @param rule the name of what adds the callback, as far as bundles can leave that out.
   * @throws where `inner` is not an optimizer of this package, or is Schedule-Free.
   */
  constructor(inner: I, last: Callback, rule?: string) {
    if (asOptimizer(inner) === undefined)
      throw new Error(
        'Only an optimizer of tfjs-optim can be taken over; wrap those of tf.train by new OptimWrapper(…). Got ' +
          `${shown(inner)}.`,
      );
    if (isScheduleFree(inner.callbacks))
      throw new Error(
        `${last.name} can't follow scheduleFree, which computes the weights anew in each step and averages them ` +
          'itself. Use scheduleFree alone; eval(), withAverages and evaluateAverages show its average.',
      );
    const isDivided = Optimizer.partsIn(inner) !== undefined;
    const values = isDivided ? {} : {...inner.hypers[0]};
    super(isDivided ? [last] : [...inner.callbacks, last], values, numbersIn(values));
    this.takeOver(inner, last, rule);
  }

  /** The parts where it is made over a partition, as `Partition.parts`. Undefined elsewhere. */
  get parts(): PartsUnder<I> {
    return typedParts(Optimizer.partsIn(this));
  }
}
