import '../../src/wasm_training/index';

import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {describeBackends} from '../support/backends';
import {joined} from '../support/joined';
import {leakless} from '../support/leakless';
import {replaceMethod} from '../support/replace_method';
import {tf} from '../support/tfjs';
import {values} from './values';

const filled = (...shape: number[]): tf.Tensor => tf.tensor(values(tf.util.sizeFromShape(shape), 1), shape);

/** Calls in which every allocation is ours: tfjs's own kernels write even where there is no memory. */
const CALLS: Readonly<Record<string, () => tf.Tensor | tf.Tensor[]>> = {
  Conv2DBackpropFilter: () =>
    tf
      .engine()
      .runKernel(
        'Conv2DBackpropFilter',
        {x: filled(1, 5, 5, 2), dy: filled(1, 5, 5, 3)},
        {strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 3]},
      ),
  Conv2DBackpropInput: () =>
    tf
      .engine()
      .runKernel(
        'Conv2DBackpropInput',
        {dy: filled(1, 5, 5, 3), filter: filled(3, 3, 2, 3)},
        {strides: 1, pad: 'same', dataFormat: 'NHWC', inputShape: [1, 5, 5, 2]},
      ),
  BatchMatMul: () => tf.matMul(filled(3, 4), filled(5, 4), false, true),
  Sum: () => tf.sum(filled(3, 4), 0),
  Add: () => tf.add(filled(3, 4), filled(4)),
  FusedBatchNorm: () => tf.batchNorm(filled(3, 4), filled(4), filled(4).square(), filled(4), filled(4)),
  Tile: () => tf.tile(filled(3, 4), [2, 2]),
  MaxPoolGrad: () =>
    tf
      .engine()
      .runKernel(
        'MaxPoolGrad',
        {dy: filled(1, 2, 2, 1), input: filled(1, 4, 4, 1), output: filled(1, 2, 2, 1)},
        {filterSize: 2, strides: 2, pad: 'valid'},
      ),
  MaxPool3D: () => tf.maxPool3d(filled(1, 2, 4, 4, 1).as5D(1, 2, 4, 4, 1), 2, 2, 'valid'),
};

/** Lets the n-th allocation of a kernel fail. @returns the count of allocations, and what ends that. */
function failing(
  name: string,
  n: number,
  address: () => number,
): {readonly count: () => number; readonly end: () => void} {
  const {wasm} = assertWasmBackend(tf.backend());
  let [made, inside] = [0, false];
  const ends = [
    replaceMethod(
      wasm,
      '_malloc',
      original =>
        (...given) =>
          inside && made++ === n ? address() : original(...given),
    ),
    replaceMethod(tf.getKernel(name, 'wasm'), 'kernelFunc', original => (...given) => {
      inside = true;
      try {
        return original(...given);
      } finally {
        inside = false;
      }
    }),
  ];
  return {
    count: () => made,
    end: () => {
      ends.forEach(end => {
        end();
      });
    },
  };
}

describeBackends(
  'A kernel of wasm-training where memory runs out',
  () => {
    const beyond = (): number => memoryOf(assertWasmBackend(tf.backend())).buffer.byteLength - 8;
    for (const [name, call] of Object.entries(CALLS)) {
      for (const [how, address] of [
        ['gives no room', () => 0],
        ['gives room that ends beyond the memory', beyond],
      ] as const) {
        it(`${name} throws, leaves no tensor, and works the next time, where an allocation ${how}`, () =>
          leakless(() => {
            tf.tidy(() => {
              call();
            });
            const before = tf.backend().numDataIds();
            let failures = 0;
            for (let all = false; !all; failures++) {
              const {count, end} = failing(name, failures, address);
              let said = '';
              try {
                tf.tidy(() => {
                  call();
                });
              } catch (error) {
                said = String(error);
              } finally {
                end();
              }
              all = count() <= failures;
              if (all) expect(said).toBe('');
              else
                expect(said).toMatch(
                  joined(
                    /^Error: The WASM backend's memory is full: /,
                    /there is no room for (a tensor of shape \[[\d,]+\]|\d+ bytes)\. Dispose /,
                  ),
                );
              expect(tf.backend().numDataIds()).toBe(before);
            }
            expect(failures).toBeGreaterThan(1);
          }));
      }
    }
  },
  ['wasm'],
);
