import {getKernel, type KernelConfig, type KernelFunc, type TensorInfo} from '@tensorflow/tfjs-core';

import {disposingOnError, makeTensor} from '../wasm/allocation';
import {assertWasmBackend, memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';

type KernelParams = Parameters<KernelFunc>[0];

/** The arguments of a kernel of ours. */
export interface Call {
  readonly backend: WasmBackend;
  /** The input of that name. Throws where it is missing. */
  readonly input: (name: string) => TensorInfo;
  readonly optionalInput: (name: string) => TensorInfo | undefined;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Calls tfjs's own kernel of the same name with the same arguments. Throws where tfjs has none. */
  readonly stock: () => TensorInfo;
}

/** A kernel to register. */
export type TrainingKernel = (call: Call) => TensorInfo;

/** The function to register for `kernel`. @param stock tfjs's own kernel of the same name, where it has one. */
export function kernelFunction(
  name: string,
  kernel: (call: Call) => TensorInfo | TensorInfo[],
  stock: KernelConfig | undefined,
): KernelFunc {
  return params => {
    const backend = assertWasmBackend(params.backend);
    return disposingOnError(backend, () =>
      kernel({
        backend,
        input: which => inputOf(params, name, which),
        optionalInput: which => params.inputs[which],
        // tfjs leaves them out where a kernel has none.
        attrs: params.attrs ?? {},
        stock: () => {
          if (stock === undefined) throw new Error(`tfjs's WASM backend has no kernel '${name}'.`);
          return single(stock.kernelFunc(params), name);
        },
      }),
    );
  };
}

function inputOf({inputs}: KernelParams, name: string, which: string): TensorInfo {
  const found = inputs[which];
  if (found === undefined) throw new Error(`${name} needs the input '${which}'.`);
  return found;
}

/** Runs one of tfjs's registered WASM kernels. */
export function runStock(
  backend: WasmBackend,
  name: string,
  inputs: KernelParams['inputs'],
  attrs: KernelParams['attrs'] = {},
): TensorInfo {
  return single(getKernel(name, 'wasm').kernelFunc({inputs, backend, attrs}), name);
}

function single(result: TensorInfo | TensorInfo[], name: string): TensorInfo {
  if (Array.isArray(result))
    throw new Error(`The kernel '${name}' must return one tensor; it returned ${result.length}.`);
  return result;
}

/** x with its axes permuted. The caller must dispose it. */
export function transposed(backend: WasmBackend, x: TensorInfo, perm: number[]): TensorInfo {
  return runStock(backend, 'Transpose', {x}, {perm});
}

/** Calls `use` with an intermediate result, then disposes it. */
export function consume<T>(backend: WasmBackend, intermediate: TensorInfo, use: (tensor: TensorInfo) => T): T {
  try {
    return use(intermediate);
  } finally {
    backend.disposeData(intermediate.dataId);
  }
}

/** A new tensor of zeros. */
export function zeros(backend: WasmBackend, shape: number[]): TensorInfo {
  const out = makeTensor(backend, shape, 'float32');
  const size = shape.reduce((product, length) => product * length, 1);
  new Float32Array(memoryOf(backend).buffer, offsetOf(backend, out), size).fill(0);
  return out;
}

/** Asserts that tensors are float32, as our kernels need. The error has tfjs's words. */
export function assertFloat32(tensors: readonly TensorInfo[], name: string): void {
  for (const {dtype} of tensors) {
    if (dtype !== 'float32') throw new Error(`${name} for non-float32 tensors not yet supported: got ${dtype}.`);
  }
}
