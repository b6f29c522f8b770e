import {getKernelsForBackend, type KernelConfig, registerKernel} from '@tensorflow/tfjs-core';

/**
 * Registers a kernel of this package if its backend has none of that name. Otherwise an earlier call or another copy of
 * this package has registered it.
 */
export function registerOnce(kernel: KernelConfig): void {
  if (getKernelsForBackend(kernel.backendName).some(({kernelName}) => kernelName === kernel.kernelName)) return;
  registerKernel(kernel);
}
