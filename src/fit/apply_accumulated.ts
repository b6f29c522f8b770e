import {optimizerOf} from '../of_model';
import {FitCallback} from './fit_callback';

/**
 * A callback that makes a step of what an open window of `accumulate` holds when training ends, with the mean of the
 * gradients that there were. Put it before schedulers in the list, so that the step has the rate of the last one. Where
 * training throws, nothing is applied.
 */
export function applyAccumulated(): FitCallback {
  return new FitCallback({trainEnd: ({model}) => { optimizerOf(model).applyAccumulated(); }});
}
