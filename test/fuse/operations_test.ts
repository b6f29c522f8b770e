import {callback, Optimizer} from '../../src';
import {describeBackends, PLACES} from '../support/backends';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

// On both sides of 0.1, where shaders change the formula, and of 88, where exp reaches the end of float32.
const VALUES = [NaN, Infinity, -Infinity, 0, 1e-30, -1e-7, 0.003, -0.0999, 0.1001, 0.25, -1, 3, -8.9, 20, 90, -1e30];

describeBackends(
  'a fused operation',
  (_, place) => {
    it('computes tanh to single precision, from the smallest numbers to infinity', () =>
      leakless(async () => {
        const variable = tf.tidy(() => tf.variable(tf.tensor1d(VALUES)));
        const optimizer = new Optimizer([callback('tanhHere', {}, ({p}) => ({p: p.tanh()}))], {});
        tf.tidy(() => {
          optimizer.applyGradients([{name: variable.name, tensor: tf.zerosLike(variable)}]);
        });
        expect(optimizer.fusedOn).toBe(tf.getBackend());
        const found = await variable.data();
        VALUES.map(Math.tanh).forEach((expected, i) => {
          const what = `tanh(${present(VALUES[i])}) on ${place}`;
          if (Number.isNaN(expected)) expect(found[i]).withContext(what).toBeNaN();
          else
            expect(Math.abs(present(found[i]) - expected))
              .withContext(what)
              .not.toBeGreaterThan(1e-6 * Math.abs(expected));
        });
        optimizer.dispose();
        variable.dispose();
      }));
  },
  PLACES,
);
