import type {WasmBackend, WasmTensorData} from './backend';

/**
 * Whether somebody has asked for the number of a tensor. The key is the same in every copy of this module, for they
 * share the tensors.
 */
const ASKED = Symbol.for('tfjs-optim/asked');

interface Watched {
  [ASKED]?: boolean;
}

/**
 * To be called when a tensor's values are written in place. tfjs's WASM kernels `BatchMatMul`, `_FusedMatMul`,
 * `Conv2D`, `FusedConv2D`, the depthwise ones and `Prelu` keep the weights (and biases) that they were last called
 * with packed in an XNNPACK operator, which they find again by the tensor's number. Without this call the next product
 * is computed with the old values.
 *
 * To forget takes time, and state tensors are hardly ever multiplied. A kernel has to ask for a tensor's number before
 * it can pack it, on whatever way the tensor came to it, as a clone or in a variable too: they all share the number.
 * So that is watched, from the first write in place on.
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
