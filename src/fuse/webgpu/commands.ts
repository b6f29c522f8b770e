import {env} from '@tensorflow/tfjs-core';

import type {GpuComputePass, WebGPUBackend} from './device';

/** tfjs's compute pass, into which commands of ours are recorded among its own. */
export function computePassOf(backend: WebGPUBackend): GpuComputePass {
  backend.ensureCommandEncoderReady();
  const pass = backend.computePassEncoder ?? backend.commandEncoder?.beginComputePass();
  if (pass === undefined) throw new Error("tfjs's WebGPU backend gave no command encoder.");
  backend.computePassEncoder = pass;
  return pass;
}

/** Submits the recorded commands where they are as many as tfjs collects. */
export function submitIfMany(backend: WebGPUBackend): void {
  if (backend.dispatchCountInPass < env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}
