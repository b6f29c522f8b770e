import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {createServer, type Server} from 'node:net';
import {extname} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

import type {HostTensor, TensorFile} from 'tfjs-optim/interchange';

import {defined} from '../support/lookup';
import {Connection} from './connection';

// TypeScript beside this file; bundled, as the tests run it, JavaScript beside the bundle.
const PROGRAM = fileURLToPath(new URL(`client${extname(import.meta.url)}`, import.meta.url));
/** How long a client may take to connect. */
const JOINING_SECONDS = 120;
/** How long a client may take to end by itself. */
const FAREWELL_SECONDS = 10;

/** All clients have died or were left out. */
export class NoClientLeft extends Error {}

/** Client processes, and what the server says to them. A client that dies or is silent for too long is left out. */
export class Clients {
  readonly #server: Server;
  readonly #processes: readonly ChildProcess[];
  readonly #connections = new Map<number, Connection>();
  readonly #patience: number;
  readonly #onLost: (client: number, why: string) => void;

  private constructor(
    server: Server,
    processes: readonly ChildProcess[],
    patience: number,
    onLost: (client: number, why: string) => void,
  ) {
    this.#server = server;
    this.#processes = processes;
    this.#patience = patience;
    this.#onLost = onLost;
  }

  /**
   * Starts the processes, and waits until each is connected or has ended.
   * @param args the arguments of a client after its port and number.
   * @param patience the seconds that a client may be silent in a round.
   * @param onLost is called when a client is left out.
   */
  static async start(
    count: number,
    args: readonly number[],
    patience: number,
    onLost: (client: number, why: string) => void,
  ): Promise<Clients> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    const processes = Array.from({length: count}, (_, client) =>
      fork(PROGRAM, [address.port, client, ...args].map(String)),
    );
    const clients = new Clients(server, processes, patience, onLost);
    await clients.#join();
    return clients;
  }

  /** The numbers and process ids of the connected clients. */
  get connected(): ReadonlyArray<readonly [client: number, pid: number]> {
    return [...this.#connections.keys()].map(client => [
      client,
      defined(this.#processes[client]?.pid, `process of client ${client}`),
    ]);
  }

  /**
   * Sends the weights to all clients, and waits for theirs.
   * @throws (rejects) NoClientLeft.
   */
  async round(round: number, weights: ReadonlyMap<string, HostTensor>): Promise<TensorFile[]> {
    const answers = [...this.#connections].map(async ([client, connection]) => {
      try {
        connection.send({round: String(round)}, weights);
        return await connection.receive(this.#patience);
      } catch (error) {
        this.#lose(client, error instanceof Error ? error.message : String(error));
        return [];
      }
    });
    const received = (await Promise.all(answers)).flat();
    if (received.length === 0)
      throw new NoClientLeft(`No client is left in round ${round}. Start the training again.`);
    return received;
  }

  /** Ends all processes. Those that do not end by themselves are killed. */
  async end(): Promise<void> {
    for (const connection of this.#connections.values()) connection.send({end: 'true'});
    const ended = Promise.all(this.#processes.map(exit));
    await Promise.race([ended, setTimeout(FAREWELL_SECONDS * 1000, undefined, {ref: false})]);
    for (const connection of this.#connections.values()) connection.close();
    for (const process of this.#processes) process.kill('SIGKILL');
    await ended;
    this.#server.close();
  }

  #join(): Promise<void> {
    return new Promise(resolve => {
      const left = new Set(this.#processes.keys());
      const settled = (client: number) => {
        left.delete(client);
        if (left.size === 0) resolve();
      };
      this.#server.on('connection', socket => {
        const connection = new Connection(socket);
        connection.receive(this.#patience).then(
          ({metadata}) => {
            const client = Number(metadata['client']);
            if (!left.has(client)) {
              connection.close();
              return;
            }
            this.#connections.set(client, connection);
            settled(client);
          },
          // The exit of its process reports it.
          () => {
            connection.close();
          },
        );
      });
      void setTimeout(JOINING_SECONDS * 1000, undefined, {ref: false}).then(() => {
        for (const client of left) {
          this.#lose(client, `it did not connect in ${JOINING_SECONDS} seconds`);
          settled(client);
        }
      });
      this.#processes.forEach((process, client) => {
        void exit(process).then(() => {
          if (left.has(client)) this.#lose(client, 'its process ended before it was connected');
          settled(client);
        });
      });
    });
  }

  #lose(client: number, why: string): void {
    this.#connections.get(client)?.close();
    this.#connections.delete(client);
    // A process that is silent may still run.
    this.#processes[client]?.kill('SIGKILL');
    this.#onLost(client, why);
  }
}

async function exit(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
}
