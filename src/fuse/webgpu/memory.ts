import {type GpuBuffer, type GpuCommandEncoder, type GpuDevice, STORAGE, UNIFORM, type WebGPUBackend} from './device';

/** The buffers of our own that a step uses beside tensors. They are reused from step to step, and grow when needed. */
export class Memory {
  readonly #device: GpuDevice;
  uniforms: GpuBuffer;
  scratch: GpuBuffer;
  /** The encoder of the last step. */
  #recordedIn: GpuCommandEncoder | null = null;

  constructor(device: GpuDevice) {
    this.#device = device;
    this.uniforms = device.createBuffer({size: 4096, usage: UNIFORM});
    this.scratch = device.createBuffer({size: 1024, usage: STORAGE});
  }

  /**
   * Makes room for a step. Submits an earlier step that is recorded and not yet submitted, because it reads the same
   * buffers.
   */
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
