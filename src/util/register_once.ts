import {getKernelsForBackend, type KernelConfig, registerKernel} from '@tensorflow/tfjs-core';

/**
 * Registers a kernel of this package where its backend has none of that name. Where it has one, another copy of this
 * package, or an earlier call, registered it.
 */
export function registerOnce(kernel: KernelConfig): void {
  if (getKernelsForBackend(kernel.backendName).some(({kernelName}) => kernelName === kernel.kernelName)) return;
  registerKernel(kernel);
}
