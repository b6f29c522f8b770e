import {adam} from '../../src';
import {fusedBackends} from '../../src/fuse/backends';
import {describeBackends} from '../support/backends';
import {present} from '../support/present';
import {restartWasm} from '../support/restart';
import {tf} from '../support/tfjs';

function step(): string {
  const optimizer = adam(0.1);
  const variable = tf.tidy(() => tf.variable(tf.ones([3])));
  tf.tidy(() => {
    optimizer.applyGradients({[variable.name]: tf.ones([3])});
  });
  const {fusedOn} = optimizer;
  optimizer.dispose();
  variable.dispose();
  return fusedOn;
}

describeBackends(
  'A backend whose kernels were imported, and that TensorFlow.js could not start',
  () => {
    it('is named in one warning, because steps run on another backend', async () => {
      const warnings = spyOn(console, 'warn');
      spyOn(console, 'error');
      // As on a page that imports the kernels of some backends only.
      const webgpu = present(fusedBackends.get('webgpu'));
      fusedBackends.delete('webgpu');
      const factory = tf.findBackendFactory('wasm');
      try {
        // Steps look at the backend where it changes.
        await tf.setBackend('wasm');
        expect(step()).toBe('wasm');
        tf.disposeVariables();
        tf.removeBackend('wasm');
        tf.registerBackend('wasm', () => Promise.reject(new Error('404')), 2);
        expect(await tf.setBackend('wasm')).toBeFalse();
        await tf.setBackend('cpu');
        for (let i = 0; i < 2; i++) expect(step()).toBe('cpu');
      } finally {
        fusedBackends.set('webgpu', webgpu);
        tf.removeBackend('wasm');
        tf.registerBackend('wasm', factory, 2);
      }
      expect(warnings.calls.allArgs().filter(([text]) => String(text).startsWith('tfjs-optim'))).toEqual([
        [
          'tfjs-optim: optimizers run on cpu: the kernels of the backend wasm were imported, but the backend did not ' +
            'start. A bundled page must call setWasmPaths first: see "Bundled pages" in docs/wasm_training.md.',
        ],
      ]);
      await restartWasm({simd: true});
      await tf.setBackend('cpu');
    });
  },
  ['cpu'],
);
