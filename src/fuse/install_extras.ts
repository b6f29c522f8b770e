import {newCallback} from '../rule/callback';
import {checkOptions, closeGate, extraReturned, warnUnread} from '../rule/extra_returned';
import {registerRuleExtras} from '../rule/extras';
import {reduceAlong} from './axes';
import {registerStepExtras} from './extras';
import {aloneIn, runInParts} from './parts';
import {checkSkippable, checkSkips, sharedGraphs, SharedTensors, tracedShared} from './shared';
import {registerReduceAlong} from './traced';

/**
 * Makes callbacks possible that declare `shared` or `skips`, reduce along axes, or can't be traced. Most optimizers
 * have none, so bundles leave it out where nothing calls this.
 */
export function installExtras(): void {
  registerReduceAlong(reduceAlong);
  registerRuleExtras({returned: extraReturned, checkOptions, closeGate, warnUnread});
  registerStepExtras({
    sharing: (chain, stored) => new SharedTensors(chain, stored),
    tracedShared,
    sharedGraphs,
    checkSkippable,
    checkSkips,
    aloneIn,
    runInParts,
  });
}

/** As `newCallback`, for a callback that needs `installExtras`. It brings it along. @function */
export const newCallbackWithExtras: typeof newCallback = (name, declaration, fn) => {
  installExtras();
  return newCallback(name, declaration, fn);
};
