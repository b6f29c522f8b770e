import type {Callback} from './callback';
import {isOptimizer} from './of_model';
import {Optimizer} from './optimizer';
import {numbersIn} from './settings';
import {shown} from './shown';

/**
 * An optimizer with a callback after its own. It takes over the parameters, hypers and state of the optimizer that it is given, which can't be used
 * by itself afterwards.
 */
export abstract class Around extends Optimizer<readonly Callback[]> {
  constructor(inner: Optimizer, last: Callback) {
    if (!isOptimizer(inner)) throw new Error(`Only an optimizer of tfjs-optim can be taken over; wrap those of tf.train by new OptimWrapper(…). Got ${shown(inner)}.`);
    const values = {...inner.hypers[0]};
    super([...inner.callbacks, last], values, numbersIn(values));
    this.takeOver(inner);
  }
}
