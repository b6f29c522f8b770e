import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus, loadavg} from 'node:os';
import {dirname} from 'node:path';

import * as tf from '@tensorflow/tfjs';

import {at} from '../examples/support/lookup';
import {type Measured, summary, timeOf} from './wasm_training/measure';

/** How busy the machine is: the time of a copy of memory, repeated, and the load average of the last minute. */
interface Noise {
  readonly copy: Measured;
  readonly load: number;
}

/**
 * Measures copies of 16 MB. On a quiet machine the quartiles are a few percent apart, and about the same at the start
 * and at the end.
 */
function noise(): Noise {
  const source = new Float32Array(4_000_000).fill(1);
  const target = new Float32Array(source.length);
  const times = Array.from({length: 120}, () =>
    timeOf(() => {
      target.set(source);
    }),
  );
  return {copy: summary(times.slice(20)), load: at(loadavg(), 0)};
}

function inWords({copy: {median, low, high}, load}: Noise): string {
  return (
    `a copy of 16 MB takes ${median.toFixed(2)} ms (quartiles ${low.toFixed(2)} to ${high.toFixed(2)}), ` +
    `load average ${load.toFixed(2)}`
  );
}

/** The machine, the versions, and when it was asked. */
export function aboutMachine() {
  return {
    // Some systems do not list their processors.
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    tfjs: tf.version_core,
    date: new Date().toISOString(),
  };
}

/** The machine of a benchmark, and how busy it is at the start and at the end. The constructor prints both. */
export class Machine {
  readonly #start = noise();
  readonly #about = aboutMachine();

  constructor() {
    const {processor, cores, node, tfjs} = this.#about;
    console.log(`${processor}, ${cores} cores, Node ${node}, tfjs ${tfjs}\nAt the start ${inWords(this.#start)}.`);
  }

  /** Writes the figures to a JSON file, with the machine and its noise. */
  write(file: string, figures: object): void {
    const end = noise();
    console.log(`At the end ${inWords(end)}.`);
    mkdirSync(dirname(file), {recursive: true});
    writeFileSync(
      file,
      JSON.stringify({machine: this.#about, noise: {start: this.#start, end}, ...figures}, undefined, 1),
    );
    console.log(`All figures: ${file}`);
  }
}
