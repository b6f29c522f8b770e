import type * as tf from '@tensorflow/tfjs-core';
import type {FusedBackend} from './kernel';
import {type GpuDevice, isWebGPUBackend, type WebGPUBackend} from './webgpu_device';
import {Memory} from './webgpu_memory';
import {Pipelines} from './webgpu_programs';
import {Run} from './webgpu_run';

interface OnDevice {
  readonly pipelines: Pipelines;
  readonly memory: Memory;
}

const devices = new WeakMap<GpuDevice, OnDevice>();

/** On tfjs's WebGPU backend: one dispatch a parameter, in place. */
export const webgpuBackend: FusedBackend = {
  prepare(plan, backend) {
    on(webgpu(backend)).pipelines.of(plan);
  },

  run(step, backend) {
    const gpu = webgpu(backend);
    const {pipelines, memory} = on(gpu);
    const run = new Run(gpu, pipelines, memory, step);
    try {
      run.prepare();
    } catch (error) {
      run.abandon();
      throw error;
    }
    return run.dispatch();
  },
};

function webgpu(backend: tf.KernelBackend): WebGPUBackend {
  if (!isWebGPUBackend(backend)) throw new Error('the backend webgpu is not the one of tfjs');
  return backend;
}

function on({device}: WebGPUBackend): OnDevice {
  let found = devices.get(device);
  if (found === undefined) {
    found = {pipelines: new Pipelines(device), memory: new Memory(device)};
    devices.set(device, found);
  }
  return found;
}
