import {type GpuBuffer, type GpuCommandEncoder, type GpuDevice, storageBuffer, uniformBuffer, type WebGPUBackend} from './webgpu_device';

/** The buffers of our own that a step uses beside tensors. They are kept from step to step and grow where they have to. */
export class Memory {
  /** What `uniforms` is set to by `send`. */
  words = new Uint32Array(1024);
  floats = new Float32Array(this.words.buffer);
  uniforms: GpuBuffer;
  scratch: GpuBuffer;
  /** Where the last step was recorded. */
  private recordedIn: GpuCommandEncoder | null = null;

  constructor(private readonly device: GpuDevice) {
    this.uniforms = uniformBuffer(device, 4 * this.words.length);
    this.scratch = storageBuffer(device, 1024);
  }

  /** Makes room. What was recorded before, and reads the same buffers, is submitted. */
  start(backend: WebGPUBackend, uniformWords: number, scratchWords: number): void {
    if (backend.commandEncoder !== null && backend.commandEncoder === this.recordedIn) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    this.recordedIn = null;
    if (uniformWords > this.words.length) {
      this.words = new Uint32Array(2 * uniformWords);
      this.floats = new Float32Array(this.words.buffer);
      this.uniforms.destroy();
      this.uniforms = uniformBuffer(this.device, 4 * this.words.length);
    }
    if (4 * scratchWords > this.scratch.size) {
      this.scratch.destroy();
      this.scratch = storageBuffer(this.device, 8 * scratchWords);
    }
  }

  send(uniformWords: number): void {
    this.device.queue.writeBuffer(this.uniforms, 0, this.words, 0, uniformWords);
  }

  recorded({commandEncoder}: WebGPUBackend): void {
    this.recordedIn = commandEncoder;
  }
}
