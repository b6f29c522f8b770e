import '../../src/wasm_training/index';

import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {restartWasm} from '../support/restart';
import {tf} from '../support/tfjs';
import {agreesWithCpu, TOLERANCE} from './agrees_with_cpu';
import {values} from './values';

describeBackends(
  'Kernels of wasm-training',
  () => {
    agreesWithCpu();

    it('multiply batches that are both repeated', () => {
      tf.tidy(() => {
        const [a, b] = [tf.tensor(values(24, 1), [2, 1, 3, 4]), tf.tensor(values(60, 2), [3, 5, 4])];
        const repeated = tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(tf.expandDims(b, 0), [2, 1, 1, 1]), false, true);
        expectClose(tf.matMul(a, b, false, true).dataSync(), repeated.dataSync(), TOLERANCE);
      });
    });

    it('go on when the memory grows under them', () => {
      tf.tidy(() => {
        const x = tf.tensor(values(64, 3), [1, 64]);
        const held = tf.memory().numBytes;
        const tall = tf.tile(x, [2 ** 19, 1]);
        expect(tf.memory().numBytes - held).toBe(2 ** 27);
        expectClose(
          tf
            .sum(tall, 0)
            .div(2 ** 19)
            .dataSync(),
          x.dataSync(),
          1e-5,
        );
        expectClose(tf.slice(tf.sub(tall, x), [2 ** 19 - 1, 0]).dataSync(), new Float32Array(64), 0);
      });
    });
  },
  ['wasm'],
);

describeBackends(
  'Kernels of wasm-training without SIMD',
  () => {
    let hadSimd: boolean;
    beforeAll(async () => {
      hadSimd = tf.env().getBool('WASM_HAS_SIMD_SUPPORT');
      await restartWasm({simd: false});
    });
    afterAll(() => restartWasm({simd: hadSimd}));

    agreesWithCpu();
  },
  ['wasm'],
);
