import {ema, swa} from '../../../src';
import type {Adapter} from './adapter';
import {innerRule} from './inner_rule';

export const averageAdapters: Readonly<Record<string, Adapter>> = {
  SWA: {
    make: (given, params, inside) =>
      swa(innerRule(inside, {params}), {start: given.single('start', 0), every: given.single('every', 1)}),
    shows: 'averaged',
    // Until it averages, PyTorch's model holds the first weights. Ours shows the trained ones, for validation.
    showsAfter: ({hypers: {start}}) => (typeof start === 'number' ? start : 0),
  },
  EMA: {
    make: (given, params, inside) => {
      const warmup = given.flag('use_warmup', false);
      return ema(innerRule(inside, {params}), {
        decay: given.single('decay', 0.9999),
        startAfter: given.single('update_after_step', 0),
        ...(warmup
          ? {
              warmup,
              warmupGamma: given.single('warmup_gamma', 1),
              warmupPower: given.single('warmup_power', 2 / 3),
              minDecay: given.single('min_decay', 0),
            }
          : {}),
      });
    },
    shows: 'averaged',
  },
};
