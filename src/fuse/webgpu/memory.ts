import {type GpuBuffer, type GpuCommandEncoder, type GpuDevice, STORAGE, UNIFORM, type WebGPUBackend} from './device';

/**
 * The buffers of our own that a step uses beside tensors. They stay from step to step and grow where they have to.
 */
export class Memory {
  readonly #device: GpuDevice;
  uniforms: GpuBuffer;
  scratch: GpuBuffer;
  /** Where the last step was recorded. */
  #recordedIn: GpuCommandEncoder | null = null;

  constructor(device: GpuDevice) {
    this.#device = device;
    this.uniforms = device.createBuffer({size: 4096, usage: UNIFORM});
    this.scratch = device.createBuffer({size: 1024, usage: STORAGE});
  }

  /** Makes room. What was recorded before, and reads the same buffers, is submitted. */
  start(backend: WebGPUBackend, uniformBytes: number, scratchBytes: number): void {
    if (backend.commandEncoder !== null && backend.commandEncoder === this.#recordedIn) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    this.#recordedIn = null;
    this.uniforms = this.#roomier(this.uniforms, uniformBytes, UNIFORM);
    this.scratch = this.#roomier(this.scratch, scratchBytes, STORAGE);
  }

  recorded({commandEncoder}: WebGPUBackend): void {
    this.#recordedIn = commandEncoder;
  }

  #roomier(buffer: GpuBuffer, bytes: number, usage: number): GpuBuffer {
    if (bytes <= buffer.size) return buffer;
    const larger = this.#device.createBuffer({size: 2 * bytes, usage});
    buffer.destroy();
    return larger;
  }
}
