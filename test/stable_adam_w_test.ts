import {stableAdamW} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {numbers} from './support/golden';
import * as golden from './support/golden_modern.mjs';
import {leakless} from './support/leakless';
import {elementOf, present} from './support/present';
import {tf} from './support/tfjs';
import {variableOf} from './support/vectors';

/** StableAdamW in float64, of one group. `t` counts the steps in which a parameter of the group has a gradient. */
class InFloat64 {
  #t = 0;
  readonly #averages = new Map<number, {readonly m: number[]; readonly v: number[]}>();

  constructor(
    readonly params: number[][],
    readonly lr: number,
    readonly wd: number,
  ) {}

  step(grads: ReadonlyArray<readonly number[] | undefined>): void {
    if (grads.every(grad => grad === undefined)) return;
    this.#t += 1;
    const [b1, b2] = [0.9, 0.99].map(beta => (beta * (1 - beta ** (this.#t - 1))) / (1 - beta ** this.#t));
    for (const [i, grad] of grads.entries()) {
      if (grad === undefined) continue;
      const zeros = grad.map(() => 0);
      const before = this.#averages.get(i) ?? {m: zeros, v: zeros};
      const m = grad.map((g, j) => present(b1) * present(before.m[j]) + (1 - present(b1)) * g);
      const v = grad.map((g, j) => present(b2) * present(before.v[j]) + (1 - present(b2)) * g * g);
      this.#averages.set(i, {m, v});
      const ratios = grad.map((g, j) => (g * g) / Math.max(present(v[j]), 1e-16));
      const rms = Math.sqrt(ratios.reduce((sum, one) => sum + one, 0) / ratios.length);
      const rate = this.lr / Math.max(1, rms);
      this.params[i] = present(this.params[i]).map(
        (p, j) => p * (1 - rate * this.wd) - (rate * present(m[j])) / (Math.sqrt(present(v[j])) + 1e-8),
      );
    }
  }
}

describeBackends(
  'stableAdamW',
  () => {
    it('counts the steps in which its group has a gradient', () =>
      leakless(async () => {
        const one = present(
          golden.gradientTransforms.cases.find(({name}) => name === 'StableAdamW/missing_gradients'),
        );
        const group = elementOf(one.groups, 0);
        const reference = new InFloat64(
          group.map(({init}) => numbers(init)),
          0.03,
          0.1,
        );
        const variables = group.map(({init, shape}) =>
          tf.tidy(() => tf.variable(tf.tensor(numbers(init), [...shape], 'float32'))),
        );
        const optimizer = stableAdamW(0.03, {wd: 0.1, params: variables});
        for (const gradients of one.grads) {
          reference.step(gradients.map(grad => (grad === null ? undefined : numbers(grad))));
          tf.tidy(() => {
            optimizer.applyGradients(
              variables.map(({name, shape}, i) => {
                const grad = elementOf(gradients, i);
                return {name, tensor: grad === null ? null : tf.tensor(numbers(grad), shape, 'float32')};
              }),
            );
          });
          for (const [i, variable] of variables.entries())
            expectClose(await variable.data(), elementOf(reference.params, i), 5e-6);
        }
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('takes smaller steps where a gradient is suddenly larger', () =>
      leakless(async () => {
        const variable = variableOf([1, 1]);
        const optimizer = stableAdamW(0.1, {wd: 0, params: [variable]});
        const before: number[] = [];
        for (const size of [1, 1, 1, 100]) {
          const [now = NaN] = await variable.data();
          before.push(now);
          tf.tidy(() => {
            optimizer.applyGradients([{name: variable.name, tensor: tf.fill([2], size)}]);
          });
        }
        const [last = NaN] = await variable.data();
        expectClose([present(before[2]) - present(before[3])], [0.1], 1e-5);
        expect(present(before[3]) - last).toBeLessThan(0.1);
        optimizer.dispose();
        variable.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);
