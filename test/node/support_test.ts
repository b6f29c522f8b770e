import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {tf} from '../support/tfjs';

describeBackends('the test support in Node', backend => {
  it('runs on the backend that it names, with gradients', async () => {
    expect(tf.getBackend()).toBe(backend);
    const gradient = tf.tidy(() => tf.grad(x => x.square().sum())(tf.tensor1d([1, -2])));
    expectClose(await gradient.data(), [2, -4], 1e-6);
    gradient.dispose();
  });
});
