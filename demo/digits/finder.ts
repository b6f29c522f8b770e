import * as tf from '@tensorflow/tfjs';
import {lrFind, type LrFindResult} from 'tfjs-optim';

import {defined} from '../../examples/support/lookup';
import type {Contestant} from './contestant';
import type {Digits} from './digits';
import {contestantFor, type Session} from './session';
import type {Setup} from './setup';

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

/** Searches a learning rate on the contestant of that name, or on a new one if no such one trains. */
export async function searchIn(
  session: Session | undefined,
  setup: Setup,
  digits: Digits,
  name: string,
  signal: AbortSignal,
  onStep: (step: number) => void,
): Promise<LrFindResult> {
  const training = session?.contestant(name);
  const contestant = training ?? contestantFor(name, setup);
  try {
    return await findLr(contestant, digits.slice(0, setup.digits), setup.batch, signal, onStep);
  } finally {
    if (training === undefined) contestant.dispose();
  }
}
