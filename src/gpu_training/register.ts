import {
  backend,
  getBackend,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';

import {isNumbers} from '../gradients/axes';
import {BATCH_NORM_GRADIENT, putInFront} from '../gradients/in_front';
import {reductionOf} from '../gradients/reduction';
import {checkNoMore} from '../util/options';
import {registerOnce} from '../util/register_once';
import {gpuGradients, REPEATED} from './gradients';
import type {GpuKernels, OnGpu} from './interface/on_gpu';
import {webglKernels} from './webgl/kernels';
import {webgpuKernels} from './webgpu/kernels';

/** What `registerGpuTraining` did. */
export interface GpuTrainingReport {
  /** The backends that are imported, and whose kernels are in place. The others follow when they start. */
  readonly backends: readonly string[];
  /** Kernels of TensorFlow.js on these backends that ours replaced. Ours call them in the other cases. */
  readonly kernels: readonly string[];
  /** Operations whose gradients our functions compute on these backends. */
  readonly gradients: readonly string[];
}

const BACKENDS: readonly GpuKernels[] = [webglKernels, webgpuKernels];

/** A kernel that nothing calls. Its setup runs when the backend starts, and by then tfjs has registered its own. */
const AT_START = 'TfjsOptimGpuTraining';

// A mark on functions of ours, which a second copy of this module (ESM beside UMD) recognizes too.
const OURS = Symbol.for('tfjs-optim/gpu-training');

type Call = Parameters<KernelFunc>[0];

/**
 * Registers kernels and gradients for the backends `webgl` and `webgpu` that need fewer launches than those of
 * TensorFlow.js. It may be called more than once, before or after `tf.setBackend`, and before tfjs-backend-webgpu is
 * imported.
 * @throws where it is given an argument. `relaxedSimd` belongs to `registerWasmTraining`.
 * @example
 * ```ts checked
 * import {registerGpuTraining} from 'tfjs-optim/gpu-training';
 *
 * registerGpuTraining().gradients; // the operations whose gradients take fewer launches
 * ```
 */
export function registerGpuTraining(...none: undefined[]): GpuTrainingReport {
  checkNoMore('registerGpuTraining', none);
  const names = new Set<string>();
  const backends = BACKENDS.filter(gpu => {
    const {backendName} = gpu;
    registerOnce({
      kernelName: AT_START,
      backendName,
      // Unreachable: nothing calls it.
      kernelFunc: () => [],
      setupFunc: () => {
        registerAll(gpu);
      },
    });
    // Without it, tfjs's own kernels are not registered yet.
    if (find('Identity', backendName) === undefined) return false;
    for (const name of registerAll(gpu)) names.add(name);
    return true;
  }).map(({backendName}) => backendName);
  return {backends, kernels: [...names], gradients: backends.length > 0 ? registerGradients() : []};
}

function find(name: string, backendName: string): KernelConfig | undefined {
  return getKernel(name, backendName);
}

function isOnHost(tensor: TensorInfo): boolean {
  return BACKENDS.some(({of, backendName}) => backendName === getBackend() && of(backend())?.isOnHost([tensor]));
}

function registerGradients(): string[] {
  return putInFront(
    gpuGradients(isOnHost),
    BACKENDS.map(({backendName}) => backendName),
    OURS,
  );
}

function registerAll(gpu: GpuKernels): string[] {
  const {backendName} = gpu;
  registerOnce({kernelName: REPEATED, backendName, kernelFunc: repeatedKernel(gpu)});
  registerOnce({kernelName: BATCH_NORM_GRADIENT, backendName, kernelFunc: batchNormKernel(gpu)});
  registerGradients();
  return ['Sum', 'Mean'].filter(name => {
    const stock = find(name, backendName);
    if (stock === undefined) return false;
    if (OURS in stock.kernelFunc) return true;
    unregisterKernel(name, backendName);
    registerKernel({
      ...stock,
      kernelFunc: Object.assign(sumKernel(gpu, stock.kernelFunc, name === 'Mean'), {[OURS]: true}),
    });
    return true;
  });
}

function inputOf({inputs}: Call, name: string): TensorInfo {
  const found = inputs[name];
  if (found === undefined) throw new Error(`A kernel of tfjs-optim/gpu-training needs the input '${name}'.`);
  return found;
}

function kernelsOf({of, backendName}: GpuKernels, backend: object): OnGpu {
  const found = of(backend);
  if (found === undefined)
    // Unreachable: no spec registers another backend of that name.
    throw new Error(`The backend '${backendName}' must be that of TensorFlow.js; another one has its name.`);
  return found;
}

function numberOf({attrs}: Call, name: string): number {
  // tfjs leaves them out where a kernel has none.
  const value: unknown = attrs?.[name];
  if (typeof value === 'number') return value;
  // Unreachable: our gradients pass these attributes.
  throw new Error(`The attribute '${name}' must be a number; got ${String(value)}.`);
}

function repeatedKernel(gpu: GpuKernels): KernelFunc {
  return call => {
    const shape: unknown = call.attrs?.['shape'];
    if (!isNumbers(shape)) throw new Error(`The attribute 'shape' must be a list of numbers; got ${String(shape)}.`);
    return kernelsOf(gpu, call.backend).repeated(inputOf(call, 'dy'), shape, numberOf(call, 'factor'));
  };
}

function batchNormKernel(gpu: GpuKernels): KernelFunc {
  return call => {
    const {scale} = call.inputs;
    const inputs = {
      dy: inputOf(call, 'dy'),
      x: inputOf(call, 'x'),
      mean: inputOf(call, 'mean'),
      variance: inputOf(call, 'variance'),
      ...(scale === undefined ? {} : {scale}),
    };
    return kernelsOf(gpu, call.backend).batchNormGradient(inputs, numberOf(call, 'varianceEpsilon'));
  };
}

/** tfjs transposes a tensor before it sums along its first axes. Ours does not. */
function sumKernel({of}: GpuKernels, stock: KernelFunc, isMean: boolean): KernelFunc {
  return call => {
    const gpu = of(call.backend);
    const x = inputOf(call, 'x');
    const reduction = reductionOf(x, call.attrs ?? {});
    // Tensors on the host are small, and tfjs sums them there.
    const sums =
      gpu === undefined || reduction?.outer !== 1 || gpu.isOnHost([x])
        ? undefined
        : gpu.columnSums(x, reduction, isMean ? 1 / reduction.rows : 1, reduction.shape);
    return sums ?? stock(call);
  };
}
