import {spawnSync} from 'node:child_process';
import {join} from 'node:path';

import {isDict} from '../../src/util/config_reader';
import {PROGRAMS, PythonServer} from '../../test/python/support/python';
import type {Contestant, Training, Turn} from './contestant';
import type {Setup} from './setup';

const PROGRAM = join('bench', 'whole', 'torch_training.py');

const bytes = ({buffer, byteOffset, byteLength}: Float32Array | Int32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** A process with PyTorch that makes steps on request, so that its turns alternate with those of others. */
export class Torch {
  readonly #server: PythonServer;
  readonly version: string;
  /** The processor's cores. */
  readonly cores: number;
  /** The name of the graphics card, if PyTorch has one. */
  readonly card: string | undefined;

  private constructor(server: PythonServer, about: Readonly<Record<string, unknown>>) {
    this.#server = server;
    this.version = String(about['version']);
    this.cores = Number(about['cores']);
    this.card = typeof about['cuda'] === 'string' ? about['cuda'] : undefined;
  }

  /** @returns the process; or why there is none. */
  static async begin(): Promise<Torch | {readonly missing: string}> {
    // Whoever has no such variable may have installed PyTorch for the Python of the system.
    const python = process.env['TFJS_OPTIM_PYTHON'] ?? 'python3';
    if (spawnSync(python, ['-c', 'import torch']).status !== 0)
      return {missing: `${python} has no torch; TFJS_OPTIM_PYTHON must name a Python that has it`};
    const server = new PythonServer(PROGRAM, {python, folder: '.', modules: PROGRAMS});
    const about = await server.call('about');
    if (!isDict(about)) throw new Error(`${PROGRAM} must tell its version; it did not.`);
    return new Torch(server, about);
  }

  async #training(threads: number, start: string, ...args: readonly unknown[]): Promise<Training> {
    const place = await this.#server.call(start, ...args);
    return {
      run: async (steps): Promise<Turn> => {
        const turn = await this.#server.call('run', place, steps, threads);
        if (!isDict(turn)) throw new Error(`${PROGRAM} must answer with a turn; got ${String(turn)}.`);
        return {ms: Number(turn['ms']), loss: Number(turn['loss'])};
      },
      // The process forgets it before its next call.
      dispose: () => {
        this.#server.call('end', place).catch((error: unknown) => {
          console.error(error);
        });
      },
    };
  }

  /** A network on `device`, with PyTorch's fused Adam. */
  start(
    device: 'cpu' | 'cuda',
    threads: number,
    {graph, inputShape, weights, batches, adam}: Setup,
  ): Promise<Training> {
    return this.#training(
      threads,
      'start',
      device,
      graph,
      adam,
      inputShape,
      weights.map(({shape, values}) => ({shape, values: bytes(values)})),
      batches.map(({inputs, classes}) => ({
        inputs: bytes(inputs),
        words: inputs instanceof Int32Array,
        classes: bytes(classes),
      })),
    );
  }

  /** AdamW's step alone, with given gradients. */
  startSteps(
    shapes: ReadonlyArray<readonly number[]>,
    hypers: Readonly<Record<'lr' | 'mom' | 'sqrMom' | 'eps' | 'wd', number>>,
    implementation: 'foreach' | 'fused',
    threads: number,
  ): Promise<Training> {
    return this.#training(threads, 'start_steps', shapes, hypers, implementation);
  }

  /** The numbers of threads to compare: one, and all cores. */
  get threads(): readonly number[] {
    return this.cores > 1 ? [1, this.cores] : [1];
  }

  end(): void {
    this.#server.end();
  }
}

const namesOf = (threads: number): string => (threads === 1 ? 'PyTorch, 1 thread' : `PyTorch, ${threads} threads`);

/** PyTorch on the processor, with one thread and with all; on its graphics card for webgpu. */
export function torchContestants(torch: Torch | {readonly missing: string}, backend: string): Contestant[] {
  if (!(torch instanceof Torch)) return [{name: 'PyTorch', start: () => Promise.reject(new Error(torch.missing))}];
  if (backend === 'webgpu')
    return torch.card === undefined ? [] : [{name: 'PyTorch, CUDA', start: setup => torch.start('cuda', 1, setup)}];
  return torch.threads.map(threads => ({
    name: namesOf(threads),
    start: setup => torch.start('cpu', threads, setup),
  }));
}
