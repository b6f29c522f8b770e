import type {Callback} from './callback';
import {Optimizer} from './optimizer';
import {numbersIn} from './settings';

/**
 * An optimizer with a callback after its own. It takes over the parameters, hypers and state of the optimizer that it is given, which can't be used
 * by itself afterwards.
 */
export abstract class Around extends Optimizer<readonly Callback[]> {
  constructor(inner: Optimizer, last: Callback) {
    const values = {...inner.hypers[0]};
    super([...inner.callbacks, last], values, numbersIn(values));
    this.takeOver(inner);
  }
}
