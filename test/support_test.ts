import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {drawFrom} from './support/seeded_random';
import {tf} from './support/tfjs';

describeBackends('the test support', backend => {
  it('runs on the backend that it names, with gradients', async () => {
    expect(tf.getBackend()).toBe(backend);
    const gradient = tf.tidy(() => tf.grad(x => x.square().sum())(tf.tensor1d([1, -2])));
    expectClose(await gradient.data(), [2, -4], 1e-6);
    gradient.dispose();
  });

  it('computes in float32', async () => {
    const sum = tf.tidy(() => tf.scalar(1e-6).add(1).sub(1));
    expectClose(await sum.data(), 9.5367431640625e-7, 1e-9);
    sum.dispose();
  });

  it('counts tensors that are left', async () => {
    await leakless(() => {
      tf.tidy(() => tf.scalar(1).square()).dispose();
    });
  });
});

describe('expectClose', () => {
  it('takes NaN and the infinities as equal to themselves', () => {
    expectClose([NaN, Infinity, -Infinity, 100.0001], [NaN, Infinity, -Infinity, 100], 2e-6);
  });
});

describe('Random numbers', () => {
  it('are the same in each run of a spec', () => {
    const first = Math.random();
    drawFrom('Random numbers are the same in each run of a spec');
    expect(Math.random()).toBe(first);
    drawFrom('another spec');
    expect(Math.random()).not.toBe(first);
  });
});
