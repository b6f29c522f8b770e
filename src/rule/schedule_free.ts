import type {Callback} from './declaration';

/**
 * The steps that compute the parameter anew from points of their own, and average these points. What another callback
 * does to the parameter is lost in the next step, and a falling learning rate gains nothing. Their names, because a
 * bundle without them must not contain them.
 */
const STEPS: ReadonlySet<string> = new Set(['scheduleFreeSgdStep', 'scheduleFreeAdamStep', 'scheduleFreeRAdamStep']);

/** Whether one of the callbacks is a Schedule-Free step. */
export function isScheduleFree(callbacks: readonly Callback[]): boolean {
  return callbacks.some(({name}) => STEPS.has(name));
}
