import * as tf from '@tensorflow/tfjs';
import {lrFind, type LrFindResult} from 'tfjs-optim';

import type {Contestant} from './contestant';
import type {Digits} from './digits';

/** Steps of a search. */
export const TRIED = 100;
/** Digits that it trains on at most. */
const DIGITS = 2000;

/** Tries rising learning rates on a contestant, which is left as it was. */
export async function findLr(
  {model}: Contestant,
  digits: Digits,
  batchSize: number,
  signal: AbortSignal,
  onStep: (step: number) => void,
): Promise<LrFindResult> {
  const [places = []] = digits.batches(DIGITS);
  const {xs, ys} = digits.batch(places);
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
