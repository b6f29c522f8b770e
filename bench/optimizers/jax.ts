import {blockUntilReady, defaultDevice, init, jit, numpy as np} from '@jax-js/jax';
import {type Measured, summary} from '../wasm_training/measure';

/** Adam with decay of `size` parameters under jax-js's `jit` on its WASM backend. Debiasing is left out, which is in its favour. */
export async function jaxAdam(size: number, rounds: number): Promise<Measured> {
  await init('wasm');
  defaultDevice('wasm');
  const step = jit((p: np.Array, grad: np.Array, average: np.Array, square: np.Array) => {
    const m = average.mul(0.9).add(grad.ref.mul(0.1));
    const v = square.mul(0.99).add(grad.ref.mul(grad).mul(0.01));
    return [p.mul(1 - 1e-5).sub(m.ref.mul(1e-3).div(np.sqrt(v.ref).add(1e-5))), m, v];
  });
  const grad = np.ones([size]);
  let state = [np.ones([size]), np.zeros([size]), np.zeros([size])];
  const times: number[] = [];
  for (let round = -10; round < rounds; round++) {
    const [p, m, v] = state;
    if (p === undefined || m === undefined || v === undefined) throw new Error('jax-js gave fewer arrays than asked for.');
    const start = performance.now();
    state = step(p, grad.ref, m, v);
    await blockUntilReady(state);
    if (round >= 0) times.push(performance.now() - start);
  }
  grad.dispose();
  state.forEach(array => { array.dispose(); });
  return summary(times);
}
