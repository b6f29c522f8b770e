import {assembleText} from '../../src/wasm/assemble';
import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {instantiate, wasmFunction} from '../../src/wasm/instance';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

describeBackends(
  "A module on the memory of tfjs's WASM backend",
  () => {
    it('names its functions where one is missing', () => {
      const functions = instantiate(memoryOf(assertWasmBackend(tf.backend())), () =>
        assembleText('(module (import "env" "memory" (memory 0)) (func (export "one") (result i32) (i32.const 1)))'),
      );
      expect(wasmFunction(functions, 'one')()).toBe(1);
      expect(() => wasmFunction(functions, 'two')).toThrowError(
        "The WebAssembly module has no function 'two'; it has one.",
      );
    });

    it('refuses another backend, and another version of tfjs-backend-wasm', async () => {
      await tf.setBackend('cpu');
      expect(() => assertWasmBackend(tf.backend())).toThrowError(
        /^Expected tfjs's WASM backend; got _?MathBackendCPU\. Call tf\.setBackend\('wasm'\) first\.$/,
      );
      await tf.setBackend('wasm');
      const later = assertWasmBackend({wasm: {memory: {}}, dataIdMap: {}, makeOutput: () => undefined});
      expect(() => memoryOf(later)).toThrowError(
        /^The memory of tfjs's WASM backend must be at wasm\.wasmMemory or wasm\.asm\.memory, as in tfjs 4\./,
      );
    });
  },
  ['wasm'],
);
