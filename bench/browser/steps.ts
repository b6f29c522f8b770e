import * as tf from '@tensorflow/tfjs';

import {optimizers} from '../../src';
import type {Case} from '../optimizers/cases';
import {type Measured, summary} from '../wasm_training/measure';
import {type Counts, countsOf, finished, restart, unpackedCopy} from './gpu';

/** One optimizer on one case: milliseconds until the GPU has finished. */
export interface Row {
  readonly backend: string;
  readonly optimizer: string;
  readonly case: string;
  readonly gradients: string;
  readonly times: Readonly<Record<Contestant, Measured>>;
  /** The first step with these shapes, on a backend that was started again and then trained another model. */
  readonly first: Readonly<Record<Contestant, number>>;
  /** The number of programs that the first step compiled. */
  readonly compiled: Readonly<Record<Contestant, number>>;
  /** The counts of a later step. */
  readonly counts: Readonly<Record<Contestant, Counts>>;
}

export type Contestant = 'ours' | 'eager' | 'stock';
export const CONTESTANTS: readonly Contestant[] = ['ours', 'eager', 'stock'];

/** The shapes of the other model: a matrix and a vector. */
const BEFORE = [[3, 2], [5]];
const NONE: Counts = {launched: 0, compiled: 0, taken: 0, created: 0};

/** The methods that the contestants have in common. */
interface Stepper {
  applyGradients(gradients: Array<{name: string; tensor: tf.Tensor}>): void;
  minimize(f: () => tf.Scalar, returnCost?: boolean, variables?: tf.Variable[]): tf.Scalar | null;
  dispose(): void;
}

export function steppersOf(optimizer: string): Record<Contestant, Stepper> {
  const found = optimizers.find(each => each.name === optimizer);
  if (found === undefined)
    throw new Error(
      `There is no optimizer '${optimizer}'. The optimizers are ${optimizers.map(({name}) => name).join(', ')}.`,
    );
  return {
    ours: found.make(1e-3),
    eager: found.make(1e-3),
    stock: optimizer === 'sgd' ? tf.train.sgd(1e-3) : tf.train.adam(1e-3),
  };
}

/** Calls `run`, which makes `steps` steps, for each contestant in turn, in each round. @returns the times per step. */
export async function taken(
  run: (contestant: Contestant) => Promise<void>,
  rounds: number,
  steps = 1,
): Promise<Record<Contestant, Measured>> {
  const times: Record<Contestant, number[]> = {ours: [], eager: [], stock: []};
  for (let round = 0; round < rounds; round++)
    for (const contestant of CONTESTANTS) times[contestant].push((await timed(contestant, run)) / steps);
  return {ours: summary(times.ours), eager: summary(times.eager), stock: summary(times.stock)};
}

async function timed(contestant: Contestant, run: (contestant: Contestant) => Promise<void>): Promise<number> {
  tf.env().set('OPTIM_FUSING', contestant === 'ours');
  const start = performance.now();
  await run(contestant);
  const time = performance.now() - start;
  tf.env().set('OPTIM_FUSING', true);
  return time;
}

/** Variables with given gradients, and the optimizers of the contestants. */
class Session {
  readonly #steppers: Record<Contestant, Stepper>;
  readonly #variables: readonly tf.Variable[];
  readonly #gradients: Array<{name: string; tensor: tf.Tensor}>;

  /** @param unpacked whether gradients have one value per texel, like those of convolution kernels on WebGL. */
  constructor(optimizer: string, shapes: Case['shapes'], unpacked: boolean) {
    this.#steppers = steppersOf(optimizer);
    // By default tfjs computes small tensors on the CPU. Here all must be on the GPU.
    const flags = ['WEBGL_CPU_FORWARD', 'WEBGPU_CPU_FORWARD'];
    flags.forEach(flag => {
      tf.env().set(flag, false);
    });
    this.#variables = shapes.map(shape => tf.tidy(() => tf.variable(tf.randomNormal([...shape]).add(0))));
    this.#gradients = this.#variables.map(({name, shape}) => ({
      name,
      tensor: tf.tidy(() => (unpacked ? unpackedCopy(tf.randomNormal(shape)) : tf.randomNormal(shape).add(0))),
    }));
    flags.forEach(flag => {
      tf.env().set(flag, true);
    });
  }

  apply(contestant: Contestant): void {
    this.#steppers[contestant].applyGradients(this.#gradients);
  }

  async wait(): Promise<void> {
    await Promise.all(this.#variables.slice(-1).map(finished));
  }

  dispose(): void {
    Object.values(this.#steppers).forEach(each => {
      each.dispose();
    });
    tf.dispose([...this.#variables, ...this.#gradients.map(({tensor}) => tensor)]);
  }
}

/**
 * Measures one optimizer on one case.
 * @param unpacked as for `Session`.
 * @param steps how many steps run before the GPU is waited for. The times are per step.
 */
export async function rowOf(
  backend: string,
  optimizer: string,
  {name, shapes}: Case,
  unpacked: boolean,
  rounds: number,
  steps = 1,
): Promise<Row> {
  const counts: Record<Contestant, Counts> = {ours: {...NONE}, eager: {...NONE}, stock: {...NONE}};
  const compiled = {ours: 0, eager: 0, stock: 0};
  const first = {ours: 0, eager: 0, stock: 0};
  for (const contestant of CONTESTANTS) {
    await restart(backend);
    for (const each of [BEFORE, shapes]) {
      const session = new Session(optimizer, each, unpacked);
      await session.wait();
      for (let i = 0; i < 3; i++) {
        const time = await timed(contestant, async () => {
          counts[contestant] = countsOf(() => {
            session.apply(contestant);
          });
          await session.wait();
        });
        if (i > 0) continue;
        first[contestant] = time;
        compiled[contestant] = counts[contestant].compiled;
      }
      session.dispose();
    }
  }
  const session = new Session(optimizer, shapes, unpacked);
  const turn = async (contestant: Contestant): Promise<void> => {
    for (let i = 0; i < steps; i++) session.apply(contestant);
    await session.wait();
  };
  await taken(turn, 2, steps);
  const times = await taken(turn, rounds, steps);
  session.dispose();
  return {backend, optimizer, case: name, gradients: unpacked ? 'unpacked' : 'packed', times, first, compiled, counts};
}
