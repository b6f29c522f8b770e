import {readFileSync} from 'node:fs';

import {defined} from '../../examples/support/lookup';
import {type Bar, barPicture} from '../bar_picture';
import type {aboutMachine} from '../machine';
import type {Measured} from '../wasm_training/measure';
import type {JaxComparison} from './jax';
import type {Row} from './row';

/** What the JSON file of bench:optimizers holds. */
interface Results {
  readonly machine: ReturnType<typeof aboutMachine>;
  readonly rows: readonly Row[];
  readonly jax: JaxComparison;
}

/** What the README shows of a step's time. */
interface StepsPicture {
  readonly svg: string;
  /** What the picture shows, in a sentence. */
  readonly label: string;
  /** The machine and the date. */
  readonly machine: string;
}

const OURS = 'tfjs-optim';

function isResults(value: unknown): value is Results {
  return (
    typeof value === 'object' &&
    value !== null &&
    'machine' in value &&
    'rows' in value &&
    'jax' in value &&
    !!value.jax
  );
}

function read(file: string): Results {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isResults(value)) throw new Error(`${file} must hold the figures of bench:optimizers, with adam on wasm.`);
  return value;
}

const digits = (x: number): string => String(Number(x.toPrecision(2)));

/** The bars of one comparison, with how many times as long as ours each takes. */
function barsOf(title: string, times: Readonly<Record<string, Measured | undefined>>): Bar[] {
  const ours = defined(times[OURS], `time of ${OURS} for ${title}`).median;
  return Object.entries(times).map(([name, time]) => {
    if (time === undefined) return {title, name, ms: undefined, text: 'not measured'};
    const ms = `${digits(time.median)} ms`;
    const text = name === OURS ? ms : `${ms}, ${digits(time.median / ours)} times as long`;
    return {title, name, ms: time.median, text};
  });
}

/** Draws steps of Adam on WASM: one large variable, and many small ones. @param file the figures, as JSON. */
export function stepsPicture(file: string): StepsPicture {
  const {machine, rows, jax} = read(file);
  const small = defined(
    rows.find(row => row.backend === 'wasm' && row.optimizer === 'adam' && row.case === '83 of 1,000'),
    'row of adam on wasm with 83 variables',
  ).times;
  const bars = [
    ...barsOf('One step of Adam, 1 variable of 1,000,000 numbers', {
      'tf.train.adam': jax.stock,
      'jax-js, jit': jax.jax,
      [OURS]: jax.ours,
    }),
    ...barsOf('One step of Adam, 83 variables of 1,000 numbers', {
      'tf.train.adam': small.stock,
      'jax-js, jit': undefined,
      [OURS]: small.ours,
    }),
  ];
  const {processor, cores, node, tfjs, date} = machine;
  const label =
    `A step of Adam on WASM. With one variable of a million numbers: tf.train.adam ${digits(jax.stock.median)} ms, ` +
    `jax-js ${digits(jax.jax.median)} ms, tfjs-optim ${digits(jax.ours.median)} ms. ` +
    `With 83 variables of 1,000 numbers: tf.train.adam ${digits(small.stock.median)} ms, ` +
    `tfjs-optim ${digits(small.ours.median)} ms.`;
  return {
    svg: barPicture(bars, OURS, label),
    label,
    machine: `${processor}, ${cores} cores, Node ${node}, TensorFlow.js ${tfjs}, ${date.slice(0, 10)}`,
  };
}
