import type {TensorInfo} from '@tensorflow/tfjs-core';

import {computePassOf, submitIfMany} from '../../fuse/webgpu/commands';
import {
  COMPUTE,
  type GpuBuffer,
  type GpuDevice,
  type GpuLayout,
  type GpuPipeline,
  UNIFORM,
  type WebGPUBackend,
} from '../../fuse/webgpu/device';
import {memo} from '../../util/memo';
import type {Shader} from './shaders';

/** What a shader is told beside its tensors. */
export interface Uniforms {
  readonly rows: number;
  readonly inner?: number;
  readonly epsilon?: number;
  readonly factor?: number;
  /** How many columns a workgroup sums. */
  readonly width?: number;
  /** Of the output, from the first of four axes. */
  readonly shape?: readonly number[];
  /** Of the input, for an output's axes. */
  readonly strides?: readonly number[];
}

interface Compiled {
  readonly layout: GpuLayout;
  readonly pipeline: GpuPipeline;
}

// Both are freed together with their device. Uniforms are few: one buffer per shape of a model's tensors.
const compiled = new WeakMap<GpuDevice, Map<string, Compiled>>();
const uniformBuffers = new WeakMap<GpuDevice, Map<string, GpuBuffer>>();

function compiledOn(device: GpuDevice, {code, inputs}: Shader, outputs: number): Compiled {
  return memo(
    memo(compiled, device, () => new Map<string, Compiled>()),
    code,
    () => {
      const types = [
        'uniform' as const,
        ...Array.from({length: inputs}, () => 'read-only-storage' as const),
        ...Array.from({length: outputs}, () => 'storage' as const),
      ];
      const layout = device.createBindGroupLayout({
        entries: types.map((type, binding) => ({binding, visibility: COMPUTE, buffer: {type}})),
      });
      return {
        layout,
        pipeline: device.createComputePipeline({
          layout: device.createPipelineLayout({bindGroupLayouts: [layout]}),
          compute: {module: device.createShaderModule({code}), entryPoint: 'main'},
        }),
      };
    },
  );
}

function uniformsOn(device: GpuDevice, uniforms: Uniforms): GpuBuffer {
  const {rows, inner = 1, epsilon = 0, factor = 1, width = 1, shape = [1, 1, 1, 1], strides = [0, 0, 0, 0]} = uniforms;
  // Vectors begin at multiples of 16 bytes.
  const words = new Uint32Array(16);
  words.set([rows, inner]);
  new Float32Array(words.buffer).set([epsilon, factor], 2);
  words[4] = width;
  words.set(shape, 8);
  words.set(strides, 12);
  return memo(
    memo(uniformBuffers, device, () => new Map<string, GpuBuffer>()),
    words.join(),
    () => {
      const buffer = device.createBuffer({size: words.byteLength, usage: UNIFORM});
      device.queue.writeBuffer(buffer, 0, words);
      return buffer;
    },
  );
}

/** Records one dispatch. @returns new tensors, of the shapes of the outputs. */
export function dispatch(
  backend: WebGPUBackend,
  shader: Shader,
  uniforms: Uniforms,
  inputs: readonly TensorInfo[],
  outputs: readonly number[][],
  workgroups: number,
): TensorInfo[] {
  const {device} = backend;
  const made = outputs.map(shape => backend.makeTensorInfo(shape, 'float32'));
  const {layout, pipeline} = compiledOn(device, shader, outputs.length);
  const buffers = [
    uniformsOn(device, uniforms),
    ...[...inputs, ...made].map(({dataId}) => {
      backend.uploadToGPU(dataId);
      // tfjs must not reuse the buffer before the commands are submitted.
      backend.commandQueueOwnedIds.add(dataId);
      return backend.tensorMap.get(dataId).resource;
    }),
  ];
  const group = device.createBindGroup({
    layout,
    entries: buffers.map((buffer, binding) => ({binding, resource: {buffer}})),
  });
  const pass = computePassOf(backend);
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(workgroups);
  backend.dispatchCountInPass++;
  submitIfMany(backend);
  return made;
}
