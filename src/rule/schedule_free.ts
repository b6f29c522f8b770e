import type {Callback} from './declaration';

/**
 * Whether one of the callbacks is a Schedule-Free step: it computes the parameter anew from points of its own, which
 * start anew where the parameter is replaced, and shows their average for evaluation. What another callback does to
 * the parameter is lost in the next step, and a falling learning rate gains nothing.
 */
export function isScheduleFree(callbacks: readonly Callback[]): boolean {
  return callbacks.some(({declaration}) => declaration.evaluate !== undefined && declaration.restarts.length > 0);
}
