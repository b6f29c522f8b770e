import {sgd} from '../../src';
import {wasmTrainingHint} from '../../src/optimizer/wasm_training_hint';
import {TRAINING_KERNELS} from '../../src/wasm_training/training_kernels';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

/** The error for a kernel that the backend lacks. */
function saidOf(kernel: string): string {
  try {
    wasmTrainingHint(() => {
      throw new Error(`Kernel '${kernel}' not registered for backend 'wasm'`);
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

const KERNEL = 'Conv2DBackpropFilter';

describeBackends(
  'Without the gradients of wasm-training',
  () => {
    it('the error says which import brings them, and nothing is changed', async () => {
      const ours = tf.getKernel(KERNEL, 'wasm');
      if (tf.getKernelsForBackend('wasm').some(({kernelName}) => kernelName === KERNEL))
        tf.unregisterKernel(KERNEL, 'wasm');
      const filter = tf.variable(tf.ones([1, 1, 1, 1]));
      const image = tf.ones([1, 2, 2, 1]);
      const optimizer = sgd(0.1);
      try {
        expect(() =>
          optimizer.minimize(
            () =>
              tf
                .conv2d(image.as4D(1, 2, 2, 1), filter.as4D(1, 1, 1, 1), 1, 'same')
                .sum()
                .asScalar(),
            false,
            [filter],
          ),
        ).toThrowError(/not registered for backend 'wasm'.*tfjs-optim\/wasm-training/s);
        expect([...(await filter.data())]).toEqual([1]);
        expect(optimizer.iterations).toBe(0);
      } finally {
        if (typeof ours === 'object') tf.registerKernel(ours);
      }
      optimizer.dispose();
      tf.dispose([filter, image]);
    });

    it('it names wasm-training for each kernel that it brings and tfjs may lack, and for no other', async () => {
      await tf.setBackend('wasm');
      const kernels = [...new Set(Object.values(tf).filter(value => typeof value === 'string'))].filter(name =>
        /^_?[A-Z]/.test(name),
      );
      expect(kernels.length).toBeGreaterThan(150);
      const there = new Set(tf.getKernelsForBackend('wasm').map(({kernelName}) => kernelName));
      const brought = new Set(TRAINING_KERNELS.map(({name}) => name));
      for (const {name, fault} of TRAINING_KERNELS)
        if (fault !== 'slow')
          expect(saidOf(name)).toBe(
            `Kernel '${name}' not registered for backend 'wasm': \`import 'tfjs-optim/wasm-training'\` brings it.`,
          );
      for (const name of kernels.filter(kernel => !there.has(kernel) && !brought.has(kernel))) {
        expect(saidOf(name)).toBe(
          `Kernel '${name}' not registered for backend 'wasm': no import has it. Use other operations, or ` +
            'another backend.',
        );
      }
      for (const name of kernels) if (saidOf(name).includes('brings it.')) expect(brought).toContain(name);
    });

    it('it says that no import brings an operation that does not exist on wasm', () => {
      const w = tf.variable(tf.ones([3, 2]));
      const x = tf.ones([4, 3]);
      const optimizer = sgd(0.1, {params: w});
      expect(() =>
        optimizer.minimize(() => tf.tidy(() => tf.einsum('ij,jk->ik', x, w).square().mean().asScalar())),
      ).toThrowError(
        "Kernel 'Einsum' not registered for backend 'wasm': no import has it. Use other operations, or " +
          'another backend.',
      );
      optimizer.dispose();
      tf.dispose([w, x]);
    });
  },
  ['wasm'],
);
