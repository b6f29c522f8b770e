import type * as tf from '@tensorflow/tfjs-core';

import {kept} from '../../util/memo';
import type {FusedBackend} from '../kernel';
import {leastTotals, stagesOf} from '../shader/stages';
import {type GpuDevice, isWebGPUBackend, type WebGPUBackend} from './device';
import {Memory} from './memory';
import {pipelinesOf} from './programs';
import {Run} from './run';
import {LANES, lanesOf, WORKGROUP} from './shader';

const memories = new WeakMap<GpuDevice, Memory>();

/** On tfjs's WebGPU backend: one dispatch a parameter, in place. */
export const webgpuBackend: FusedBackend = {
  prepare(plan, backend) {
    const pipelines = pipelinesOf(plan, webgpu(backend).device);
    for (const stage of stagesOf(plan, leastTotals(plan), WORKGROUP, true))
      for (const size of LANES) pipelines.of(stage, lanesOf(stage, size));
  },

  run(step, backend) {
    const gpu = webgpu(backend);
    const {device} = gpu;
    const run = new Run(
      gpu,
      kept(memories, device, () => new Memory(device)),
      step,
    );
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
