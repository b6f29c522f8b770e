import type * as tf from '@tensorflow/tfjs-core';

import {memo} from '../../util/memo';
import type {FusedBackend} from '../kernel';
import {type GpuDevice, isWebGPUBackend, type WebGPUBackend} from './device';
import {Memory} from './memory';
import {pipelinesOf} from './pipelines';
import {mostLanes} from './shader';
import {WebGPUStep} from './step';

const memories = new WeakMap<GpuDevice, Memory>();

/** Fuses on tfjs's WebGPU backend: one dispatch per parameter, which writes in place. */
export const webgpuBackend: FusedBackend = {
  hasAxes: false,
  prepare({plan, jobs}, backend) {
    const pipelines = pipelinesOf(plan, webgpu(backend).device);
    for (const {variable} of jobs) pipelines.prepare(mostLanes(variable.size));
  },

  run(step, backend) {
    const gpu = webgpu(backend);
    const {device} = gpu;
    const webGPUStep = new WebGPUStep(
      gpu,
      memo(memories, device, () => new Memory(device)),
      step,
    );
    try {
      webGPUStep.prepare();
    } catch (error) {
      webGPUStep.abandon();
      throw error;
    }
    return webGPUStep.encode();
  },
};

function webgpu(backend: tf.KernelBackend): WebGPUBackend {
  if (!isWebGPUBackend(backend)) throw new Error("the backend webgpu is not tfjs's own");
  return backend;
}
