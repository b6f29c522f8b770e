import '../../src/wasm_training';

import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

describeBackends(
  'Kernels of wasm-training',
  () => {
    it('go on after the flags of tfjs were reset', async () => {
      const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
      const flags = {...tf.env().getFlags()};
      tf.env().reset();
      try {
        const product = tf.matMul(a, a, true, false);
        const sums = tf.sum(a, 1);
        expect(await product.data()).toEqual(Float32Array.of(17, 22, 27, 22, 29, 36, 27, 36, 45));
        expect(await sums.data()).toEqual(Float32Array.of(6, 15));
        tf.dispose([product, sums]);
      } finally {
        tf.env().setFlags(flags);
        a.dispose();
      }
    });
  },
  ['wasm'],
);
