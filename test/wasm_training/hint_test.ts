import {sgd} from '../../src';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

const KERNEL = 'Conv2DBackpropFilter';

describeBackends('Without the gradients of wasm-training', () => {
  it('the error says which import brings them, and nothing is changed', async () => {
    const ours = tf.getKernel(KERNEL, 'wasm');
    if (tf.getKernelsForBackend('wasm').some(({kernelName}) => kernelName === KERNEL)) tf.unregisterKernel(KERNEL, 'wasm');
    const filter = tf.variable(tf.ones([1, 1, 1, 1]));
    const image = tf.ones([1, 2, 2, 1]);
    const optimizer = sgd(0.1);
    try {
      expect(() => optimizer.minimize(() => tf.conv2d(image.as4D(1, 2, 2, 1), filter.as4D(1, 1, 1, 1), 1, 'same').sum().asScalar(), false, [filter]))
        .toThrowError(/not registered for backend 'wasm'.*tfjs-optim\/wasm-training/s);
      expect([...await filter.data()]).toEqual([1]);
      expect(optimizer.iterations).toBe(0);
    } finally {
      if (typeof ours === 'object') tf.registerKernel(ours);
    }
    optimizer.dispose();
    tf.dispose([filter, image]);
  });
}, ['wasm']);
