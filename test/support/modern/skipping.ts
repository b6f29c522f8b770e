import type {Optimizer} from '../../../src';
import {number, numbers} from '../golden';
import type {ModernCase, Steps} from '../golden_modern.mjs';
import {elementOf, present} from '../present';
import type {Adapter} from './adapter';
import {innerRule} from './inner_rule';

const LIMIT = 'max_consecutive_errors';

export const skippingAdapters: Readonly<Record<string, Adapter>> = {
  SkipNonFinite: {
    make: (given, params, inside) => {
      // Ours never gives up. The cases that reach the limit are left out.
      given.single(LIMIT, 3);
      return innerRule(inside, {params, skipNonFinite: true});
    },
    params: one => (one.inner?.optimizer === 'SGD' ? one.expected.f64.params : adamThatCounts(one)),
    state: {exp_avg: 'gradAvg', exp_avg_sq: 'sqrAvg', momentum_buffer: 'gradAvg'},
    trace: {total_notfinite: (optimizer: Optimizer) => optimizer.skipped()},
    leftOut: ({hypers: {[LIMIT]: limit = 3}, expected: {f64}}) =>
      present(f64.trace?.['notfinite_count'])
        .flat()
        .some(count => number(count) > Number(limit))
        ? 'optax makes a bad step after too many in a row. Ours skips all.'
        : undefined,
  },
};

/** Adam's formula in float64. Skipped steps move no parameter and no average, and its counts go on. */
function adamThatCounts({groups, grads, inner}: ModernCase): Steps {
  const {lr, weight_decay: wd = inner?.optimizer === 'AdamW' ? 0.01 : 0} = present(inner).hypers;
  const parameters = groups.flat().map(({init}) => ({p: numbers(init), m: zerosLike(init), v: zerosLike(init), t: 0}));
  return grads.map(gradients => {
    const isBad = gradients.some(gradient => gradient?.some(x => !Number.isFinite(number(x))));
    for (const [i, parameter] of parameters.entries()) {
      const gradient = elementOf(gradients, i);
      if (gradient === null) continue;
      parameter.t++;
      if (isBad) continue;
      const {m, v, t} = parameter;
      const g = numbers(gradient);
      parameter.m = m.map((x, j) => 0.9 * x + 0.1 * elementOf(g, j));
      parameter.v = v.map((x, j) => 0.999 * x + 0.001 * elementOf(g, j) ** 2);
      parameter.p = parameter.p.map((x, j) => {
        const root = Math.sqrt(elementOf(parameter.v, j) / (1 - 0.999 ** t)) + 1e-8;
        return x * (1 - Number(lr) * Number(wd)) - (Number(lr) * elementOf(parameter.m, j)) / (1 - 0.9 ** t) / root;
      });
    }
    return parameters.map(({p}) => p);
  });
}

function zerosLike(list: ArrayLike<unknown>): number[] {
  return Array.from({length: list.length}, () => 0);
}
