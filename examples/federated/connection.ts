import type {Socket} from 'node:net';

import {type HostTensor, readSafetensors, type TensorFile, writeSafetensors} from 'tfjs-optim/interchange';

const LENGTH_BYTES = 4;

/**
 * One side of a connection between the server and a client. A message is its length in four bytes, then a file in the
 * format of safetensors: the tensors are the weights, and the metadata says what they are.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  #received = Buffer.alloc(0);
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Sending to a process that has died is an error event, which may come before the next `receive`.
    socket.on('error', error => {
      this.#error = error;
    });
    socket.on('timeout', () => {
      socket.destroy(new Error('it was silent for too long'));
    });
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  send(metadata: Readonly<Record<string, string>>, weights: ReadonlyMap<string, HostTensor> = new Map()): void {
    const file = writeSafetensors(weights, metadata);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(file.length);
    this.#socket.write(Buffer.concat([length, file]));
  }

  /**
   * The next message.
   * @param seconds how long nothing may come.
   * @throws (rejects) if the other side ends the connection, dies or is silent for longer.
   */
  async receive(seconds = Infinity): Promise<TensorFile> {
    // 0 means no limit.
    this.#socket.setTimeout(seconds === Infinity ? 0 : seconds * 1000);
    const length = (await this.#bytes(LENGTH_BYTES)).readUInt32LE();
    const file = await this.#bytes(length);
    this.#socket.setTimeout(0);
    return readSafetensors(Uint8Array.from(file));
  }

  close(): void {
    this.#socket.destroy();
  }

  async #bytes(count: number): Promise<Buffer> {
    while (this.#received.length < count) {
      if (this.#error !== undefined) throw this.#error;
      const next = await this.#chunks.next();
      if (next.done === true) throw new Error('it ended its connection');
      this.#received = Buffer.concat([this.#received, next.value]);
    }
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return bytes;
  }
}
