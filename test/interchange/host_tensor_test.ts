import {fromDevice, type HostTensor, toDevice} from '../../src/interchange/transfer/host_tensor';
import {reordered, transposed} from '../../src/interchange/transfer/layout';
import {describeBackends} from '../support/backends';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

const TENSORS: readonly HostTensor[] = [
  {dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2.5, 3, 0)},
  {dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, -2, 3, 2 ** 30)},
  {dtype: 'bool', shape: [2, 2], data: Uint8Array.of(1, 0, 0, 1)},
  {dtype: 'complex64', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)},
];

describeBackends(
  'Tensors of files',
  () => {
    for (const host of TENSORS)
      it(`are the same after they were on the device: ${host.dtype}`, () =>
        leakless(async () => {
          const tensor = toDevice(host);
          expect(await fromDevice(tensor, 'x')).toEqual(host);
          tensor.dispose();
        }));

    it('are not made of strings', () =>
      leakless(async () => {
        const text = tf.tensor1d(['a']);
        await expectAsync(fromDevice(text, 'x')).toBeRejectedWithError(
          "'x' has strings; only numbers and booleans can be written.",
        );
        text.dispose();
      }));
  },
  // WASM has no complex numbers.
  ['cpu'],
);

describe('A layout', () => {
  it('moves elements of each type', () => {
    const moved = (layout: ReturnType<typeof transposed>) => TENSORS.map(tensor => [...layout.there(tensor).data]);
    expect(moved(transposed(1, 0))).toEqual([
      [1, 3, -2.5, 0],
      [1, 3, -2, 2 ** 30],
      [1, 0, 0, 1],
      [1, 2, 5, 6, 3, 4, 7, 8],
    ]);
    expect(moved(reordered(Int32Array.of(1, 0)))).toEqual([
      [3, 0, 1, -2.5],
      [3, 2 ** 30, 1, -2],
      [0, 1, 1, 0],
      [5, 6, 7, 8, 1, 2, 3, 4],
    ]);
  });
});
