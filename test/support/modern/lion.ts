import {lion} from '../../../src';
import type {Adapter} from './adapter';

export const lionAdapters: Readonly<Record<string, Adapter>> = {
  Lion: {
    make: (given, params) =>
      lion(given.number('lr'), {
        mom: given.element('betas', 0, [0.9, 0.99]),
        slowMom: given.element('betas', 1, [0.9, 0.99]),
        wd: given.number('weight_decay', 0),
        params,
      }),
    state: {exp_avg: 'lionAvg'},
    leftOut: ({hypers}) =>
      'caution' in hypers || 'corrected_weight_decay' in hypers ? 'These callbacks are not written yet.' : undefined,
  },
};
