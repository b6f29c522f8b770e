// Optimizers alone: steps with given gradients, here and in Python.
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import type {Optimizer} from '../../../src';
import {readSafetensors} from '../../../src/interchange/safetensors/read';
import {writeSafetensors} from '../../../src/interchange/safetensors/write';
import type {Counterpart} from '../../../src/interchange/transfer/counterpart';
import {fromDevice, type HostTensor, type TensorFile} from '../../../src/interchange/transfer/host_tensor';
import {type Layout, same, transposed} from '../../../src/interchange/transfer/layout';
import {present} from '../../support/present';
import {tf} from '../../support/tfjs';
import {pythonDuringSuite, type PythonServer} from './python';

/** Six weights of three dense layers. */
const WEIGHTS: ReadonlyArray<readonly [name: string, there: string, shape: [number, number] | [number]]> = [
  ['stem/kernel', 'stem.weight', [6, 8]],
  ['stem/bias', 'stem.bias', [8]],
  ['dense/kernel', 'dense.weight', [8, 6]],
  ['dense/bias', 'dense.bias', [6]],
  ['head/kernel', 'head.weight', [6, 5]],
  ['head/bias', 'head.bias', [5]],
];

let nets = 0;

/** Variables with their counterparts in the module `Net` of the Python programs. The same numbers for each. */
export class Net {
  readonly counterparts: readonly Counterpart[];

  constructor() {
    // TensorFlow.js needs another suffix for each net. Layers of models in other specs have small numbers.
    nets++;
    this.counterparts = WEIGHTS.map(([name, there, shape], i) => ({
      variable: tf.variable(
        tf.tidy(() => tf.randomNormal(shape, 0, 0.5, 'float32', 100 + i)),
        true,
        `${name}_${1_000_000 + nets}`,
      ),
      name: there,
      layout: layoutOf(shape),
      isParameter: true,
    }));
  }

  get variables(): tf.Variable[] {
    return this.counterparts.map(({variable}) => variable);
  }

  /** The variables whose names begin with one of these. */
  of(...layers: readonly string[]): tf.Variable[] {
    return this.variables.filter(({name}) => layers.some(layer => name.startsWith(layer)));
  }

  /** The weights by the names of the other side. */
  async weights(): Promise<Map<string, HostTensor>> {
    const weights = new Map<string, HostTensor>();
    for (const {variable, name, layout} of this.counterparts)
      weights.set(name, layout.there(await fromDevice(variable, name)));
    return weights;
  }

  assign({tensors}: TensorFile): void {
    for (const {variable, name, layout} of this.counterparts) {
      const {shape, data} = layout.here(present(tensors.get(name)));
      tf.tidy(() => {
        variable.assign(tf.tensor(data.slice(), [...shape], 'float32'));
      });
    }
  }

  dispose(): void {
    tf.dispose(this.variables);
  }
}

function layoutOf(shape: readonly number[]): Layout {
  return shape.length === 2 ? transposed(1, 0) : same;
}

/** Gradients of some steps, for a net and in a file for Python. */
export class Gradients {
  #steps: ReadonlyArray<ReadonlyMap<string, tf.Tensor>> = [];

  /** Makes them. A backend must be set. */
  make(count: number): void {
    this.#steps = Array.from(
      {length: count},
      (_, step) =>
        new Map(
          WEIGHTS.map(([, there, shape], i) => [
            there,
            // Sizes that differ from step to step, so that averages matter.
            tf.tidy(() => tf.randomNormal(shape, 0.2, 1, 'float32', 1000 + step * 10 + i).mul(0.3 + (step % 3))),
          ]),
        ),
    );
  }

  /** Makes steps with the gradients from one step to another one. */
  apply(net: Net, optimizer: Optimizer, from: number, to: number): void {
    const params = optimizer.paramLists.flat();
    for (const step of this.#steps.slice(from, to))
      optimizer.applyGradients(
        net.counterparts
          .filter(({variable}) => params.includes(variable) && !optimizer.isFrozen(variable))
          .map(({variable, name}) => ({name: variable.name, tensor: present(step.get(name))})),
      );
  }

  async file(): Promise<TensorFile> {
    const tensors = new Map<string, HostTensor>();
    for (const [step, gradients] of this.#steps.entries())
      for (const [, there, shape] of WEIGHTS)
        tensors.set(`${step}.${there}`, layoutOf(shape).there(await fromDevice(present(gradients.get(there)), there)));
    return {tensors, metadata: {}};
  }

  dispose(): void {
    for (const step of this.#steps) tf.dispose([...step.values()]);
  }
}

/** A folder for files that both sides read and write. */
export class Exchange {
  #folder = '';

  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-python-'));
  }

  async close(): Promise<void> {
    await rm(this.#folder, {recursive: true});
  }

  path(name: string): string {
    return join(this.#folder, `${name}.safetensors`);
  }

  write(name: string, {tensors, metadata}: TensorFile): Promise<string> {
    return this.writeBytes(name, writeSafetensors(tensors, metadata));
  }

  async writeBytes(name: string, bytes: Uint8Array): Promise<string> {
    await writeFile(this.path(name), bytes);
    return this.path(name);
  }

  async read(name: string): Promise<TensorFile> {
    return readSafetensors(await this.bytes(name));
  }

  bytes(name: string): Promise<Uint8Array> {
    return readFile(this.path(name));
  }
}

/** A net and its optimizer. */
export interface Training {
  readonly net: Net;
  readonly optimizer: Optimizer;
  readonly dispose: () => void;
}

/** A training that begins. @param make makes the optimizer of the net. */
export function begun(make: (net: Net) => Optimizer): Training {
  const net = new Net();
  const optimizer = make(net);
  return {
    net,
    optimizer,
    dispose: () => {
      optimizer.dispose();
      net.dispose();
    },
  };
}

/** The file of a training. @param stateOf writes the state of its optimizer. */
export async function fileOf(
  {net, optimizer}: Training,
  stateOf: (optimizer: Optimizer, counterparts: readonly Counterpart[]) => Promise<TensorFile>,
): Promise<TensorFile> {
  const {tensors, metadata} = await stateOf(optimizer, net.counterparts);
  return {tensors: new Map([...(await net.weights()), ...tensors]), metadata};
}

/** Gives a training what is in a file. @param read reads the state of its optimizer. */
export function take(
  file: TensorFile,
  {net, optimizer}: Training,
  read: (file: TensorFile, optimizer: Optimizer, counterparts: readonly Counterpart[]) => () => void,
): void {
  const apply = read(file, optimizer, net.counterparts);
  apply();
  net.assign(file);
  optimizer.watchWeights();
}

/** Python, gradients, and a folder with them, during the specs of the surrounding suite. */
export function bothSides(
  program: string,
  steps: number,
): {readonly python: Pick<PythonServer, 'call'>; readonly gradients: Gradients; readonly exchange: Exchange} {
  const gradients = new Gradients();
  const exchange = new Exchange();
  beforeAll(async () => {
    gradients.make(steps);
    await exchange.open();
    await exchange.write('gradients', await gradients.file());
  });
  afterAll(async () => {
    gradients.dispose();
    await exchange.close();
  });
  return {python: pythonDuringSuite(program), gradients, exchange};
}

/** Expects that all weights agree, within `tolerance` times the larger of 1 and the value. */
export function expectClose(
  found: ReadonlyMap<string, HostTensor>,
  wanted: ReadonlyMap<string, HostTensor>,
  tolerance: number,
): void {
  for (const [name, {data}] of wanted) {
    const other = present(found.get(name)).data;
    const worst = Math.max(
      ...Array.from(data, (value, i) => Math.abs(value - Number(other[i])) / Math.max(1, Math.abs(value))),
    );
    expect(worst).withContext(name).toBeLessThanOrEqual(tolerance);
  }
}
