import {adam, type Optimizer} from '../../src';
import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {replaceMethod} from '../support/replace_method';
import {tf} from '../support/tfjs';

function step(optimizer: Optimizer, variable: tf.Variable): void {
  tf.tidy(() => {
    optimizer.applyGradients({[variable.name]: tf.onesLike(variable)});
  });
}

function variableOfOnes(): tf.Variable {
  return tf.tidy(() => tf.variable(tf.ones([1000])));
}

function adamAlone(steps: number): Float32Array {
  return Float32Array.from({length: 1000}, () => 1 - steps * 0.1);
}

describeBackends(
  'a fused step on the memory of tfjs',
  () => {
    it('goes on where the memory has grown', () =>
      leakless(() => {
        const variable = variableOfOnes();
        const optimizer = adam(0.1, {wd: 0, eps: 1e-8});
        step(optimizer, variable);
        const memory = memoryOf(assertWasmBackend(tf.backend()));
        const {byteLength} = memory.buffer;
        tf.zeros([Math.ceil(byteLength / 4)]).dispose();
        expect(memory.buffer.byteLength).toBeGreaterThan(byteLength);
        step(optimizer, variable);
        expectClose(variable.dataSync(), adamAlone(2), 1e-5);
        tf.dispose(variable);
        optimizer.dispose();
      }));

    it('goes on where the memory grows in the middle of it', () =>
      leakless(() => {
        const variable = variableOfOnes();
        const optimizer = adam(0.1, {wd: 0, eps: 1e-8});
        const backend = assertWasmBackend(tf.backend());
        const memory = memoryOf(backend);
        let grown = 0;
        // The first step makes both averages.
        const end = replaceMethod(backend, 'makeOutput', make => (...values) => {
          const {byteLength} = memory.buffer;
          backend.wasm._free(backend.wasm._malloc(byteLength));
          if (memory.buffer.byteLength > byteLength) grown++;
          return make(...values);
        });
        const gradients = {[variable.name]: tf.tidy(() => tf.onesLike(variable))};
        grown = 0;
        optimizer.applyGradients(gradients);
        end();
        expect(grown).toBe(2);
        optimizer.applyGradients(gradients);
        expectClose(variable.dataSync(), adamAlone(2), 1e-5);
        tf.dispose([variable, gradients]);
        optimizer.dispose();
      }));

    it('is shared memory where the page is isolated, as in the run with --threads', () => {
      expect(memoryOf(assertWasmBackend(tf.backend())).buffer instanceof ArrayBuffer).toBe(
        typeof crossOriginIsolated === 'undefined' || !crossOriginIsolated,
      );
    });
  },
  ['wasm'],
);
