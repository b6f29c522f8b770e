import * as tf from '@tensorflow/tfjs';
import {lrFind, type LrFindResult} from 'tfjs-optim';

import {defined} from '../../examples/support/lookup';
import type {Contestant} from './contestant';
import type {Digits} from './digits';

/** The most steps that a search takes. */
export const TRIED = 100;
/** The most digits that a search trains on. */
const DIGITS = 2000;

/** Tries rising learning rates on a contestant, and then puts the contestant back as it was. */
export async function findLr(
  {model}: Contestant,
  digits: Digits,
  batchSize: number,
  signal: AbortSignal,
  onStep: (step: number) => void,
): Promise<LrFindResult> {
  const [places] = digits.batches(DIGITS);
  const {xs, ys} = digits.batch(defined(places, 'digit to search with'));
  try {
    return await lrFind(model, xs, ys, {
      startLr: 1e-6,
      endLr: 10,
      numIt: TRIED,
      batchSize,
      shuffle: false,
      signal,
      onProgress: ({step}) => {
        onStep(step);
      },
    });
  } finally {
    tf.dispose([xs, ys]);
  }
}
