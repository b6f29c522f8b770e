import {warnOnce} from '../util/warn';
import type {Fit} from './fit_callback';

/** Hooks of a callback of `fit`. */
interface StepsCheck {
  trainBegin(): void;
  batchEnd(fit: Fit): void;
  epochEnd(fit: Fit): void;
}

/**
 * Checks `stepsPerEpoch`, as the user gave it to a function. Another number would end schedules elsewhere.
 * @param known the number of steps per epoch; undefined where fit does not know it.
 * @throws where the fit has another number of steps. Nothing is trained yet.
 */
export function checkSteps(what: string, given: number, known: number | undefined): void {
  if (known !== undefined && known !== given)
    throw new Error(`${what}: 'stepsPerEpoch' must be ${known} in this fit, or be left out; got ${given}.`);
}

/**
 * Compares `stepsPerEpoch`, as the user gave it for a dataset of unknown length, with the batches of the first epoch of
 * a fit. It warns where they differ, and does not throw, because an epoch was trained by then.
 * @param what the function that it was given to.
 */
export function stepsCheck(what: string, given: number): StepsCheck {
  let isOver = false;
  let isTold = false;
  const tell = (had: string, advice: string) => {
    warnOnce(`${what}: 'stepsPerEpoch' is ${given}, but the first epoch ${had} batches. ${advice}`);
  };
  // Where training was stopped, the epoch may have ended early.
  const skips = ({model}: Fit) => isOver || model.stopTraining;
  return {
    trainBegin: () => {
      isOver = false;
      isTold = false;
    },
    // The epoch of an endless dataset never ends.
    batchEnd: fit => {
      const all = given * fit.epochs;
      if (isTold || skips(fit) || fit.batches <= all) return;
      isTold = true;
      tell(
        `has more than ${all}`,
        'Schedules are over. The end of the epoch will tell the number to give. For a dataset that never ends, give ' +
          'fitDataset `batchesPerEpoch` instead.',
      );
    },
    epochEnd: fit => {
      const {batches} = fit;
      if (!skips(fit) && batches !== given)
        tell(
          `had ${batches}`,
          `Schedules ${batches > given ? 'end too early' : 'do not reach their end'}. Give ${batches}, or train with ` +
            'fitOneCycle or another fit function, which count the batches.',
        );
      isOver = true;
    },
  };
}
