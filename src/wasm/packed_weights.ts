import type {WasmBackend, WasmTensorData} from './backend';

/**
 * The key of a flag: whether any code has read a tensor's number. Copies of this module share the tensors, so they
 * share the key.
 */
const ASKED = Symbol.for('tfjs-optim/asked');

interface Watched {
  [ASKED]?: boolean;
}

/**
 * Must be called when a tensor's values are written in place. tfjs's WASM kernels `BatchMatMul`, `_FusedMatMul`,
 * `Conv2D`, `FusedConv2D`, the depthwise convolutions and `Prelu` store their latest weights (and biases) packed in an
 * XNNPACK operator, and find them again by the tensor's number. Without this call the next product is computed from the
 * old values.
 *
 * Forgetting takes time, and state tensors are rarely multiplied. A kernel must read a tensor's number before it can
 * pack the tensor. Clones and variables share the number of their tensor. So reads of the number are watched from the
 * first write in place on.
 */
export function forgetPackedWeights({wasm: {tfjs}}: WasmBackend, data: WasmTensorData & Watched, size: number): void {
  const asked = data[ASKED];
  if (asked === false) return;
  const {id, memoryOffset} = data;
  tfjs.disposeData(id);
  tfjs.registerTensor(id, size, memoryOffset);
  if (asked === undefined) watch(data, id);
  data[ASKED] = false;
}

function watch(data: Watched, id: number): void {
  Object.defineProperty(data, ASKED, {value: false, writable: true});
  Object.defineProperty(data, 'id', {
    configurable: true,
    enumerable: true,
    get: () => {
      data[ASKED] = true;
      return id;
    },
  });
}
