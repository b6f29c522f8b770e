// The page of bench:whole in Chrome, for backends that need one.
import '@tensorflow/tfjs-backend-webgpu';

import * as tf from '@tensorflow/tfjs';

import {defined} from '../../examples/support/lookup';
import {launchesOf} from '../browser/gpu';
import type {Contestant} from './contestant';
import {contestantsOn} from './gpu_kernels';
import {jaxContestant} from './jax';
import {MODELS} from './models';
import {type Effort, type Row, rowOf} from './row';

/** What the page measures. */
export interface Asked {
  readonly backend: 'webgl' | 'webgpu';
  readonly place: string;
  readonly model: string;
  /** The number of examples per batch. */
  readonly batch: number;
  /** Texts of which a contestant's name must contain one. */
  readonly contestants: readonly string[];
  readonly effort: Effort;
}

declare global {
  interface Window {
    measureWhole: (asked: Asked) => Promise<Row>;
  }
}

window.measureWhole = async ({backend, place, model, batch, contestants, effort}) => {
  if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} did not start.`);
  const all: Contestant[] = [...contestantsOn(backend), ...(backend === 'webgpu' ? [jaxContestant('webgpu')] : [])];
  return rowOf(
    {backend, place},
    {
      ...defined(
        MODELS.find(({name}) => name === model),
        `model '${model}'`,
      ),
      batch,
    },
    all.filter(({name}) => contestants.some(text => name.includes(text))),
    effort,
    launchesOf,
  );
};
