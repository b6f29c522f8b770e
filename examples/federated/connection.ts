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
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  send(metadata: Readonly<Record<string, string>>, weights: ReadonlyMap<string, HostTensor> = new Map()): void {
    const file = writeSafetensors(weights, metadata);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(file.length);
    this.#socket.write(Buffer.concat([length, file]));
  }

  /** The next message. @throws (rejects) if the other side ends the connection or dies before. */
  async receive(): Promise<TensorFile> {
    const length = (await this.#bytes(LENGTH_BYTES)).readUInt32LE();
    return readSafetensors(Uint8Array.from(await this.#bytes(length)));
  }

  /** Waits at most so long for each message. @throws (rejects) in `receive` if nothing comes in that time. */
  limit(seconds: number): void {
    this.#socket.setTimeout(seconds * 1000, () => {
      this.#socket.destroy(new Error(`it sent nothing for ${seconds} seconds`));
    });
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
