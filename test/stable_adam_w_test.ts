import {stableAdamW} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {variableOf} from './support/vectors';

describeBackends(
  'stableAdamW',
  () => {
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
