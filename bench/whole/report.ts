import {type Measured} from '../wasm_training/measure';
import {MLP_OF_A_MILLION, MNIST_CONV_NET, MOBILE_NET, RES_NET_20} from '../wasm_training/models';
import type {Entry, Row} from './row';

export const BENCH = 'bench:whole';

/** Rows with equal keys answer the same question. */
export const keyOf = ({backend, model, batch}: Pick<Row, 'backend' | 'model' | 'batch'>): string =>
  `${backend}|${model}|${batch}`;

const digits = (x: number): string => String(Number(x.toPrecision(3)));
const between = ({median, low, high}: Measured): string => `${digits(median)} (${digits(low)}–${digits(high)})`;

/** What is said of an entry beside its figures. */
function remark({invalid, missing}: Entry): string {
  if (missing !== undefined) return `cannot train: ${missing}`;
  return invalid === undefined ? '' : `invalid: ${invalid}`;
}

/** One line per contestant. */
export function cellsOf({model, batch, entries}: Row): Array<Readonly<Record<string, string>>> {
  const countsLaunches = entries.some(({launches}) => launches !== undefined);
  return entries.map(entry => ({
    model: `${model}, batch ${batch}`,
    contestant: entry.contestant,
    'ms per step': entry.step === undefined ? '–' : between(entry.step),
    'times ours': entry.ratio === undefined ? '–' : between(entry.ratio),
    ...(countsLaunches ? {launches: entry.launches === undefined ? '–' : String(entry.launches)} : {}),
    remark: remark(entry),
  }));
}

/** Ours must be so many times as fast as another contestant. */
interface Target {
  readonly backend: string;
  readonly model: string;
  readonly than: string;
  readonly least: number;
}

const TARGETS: readonly Target[] = [
  {backend: 'wasm', model: MLP_OF_A_MILLION.name, than: 'jax-js', least: 1},
  {backend: 'wasm', model: MNIST_CONV_NET.name, than: 'jax-js', least: 1.5},
  {backend: 'wasm', model: RES_NET_20.name, than: 'jax-js', least: 1.5},
  {backend: 'webgl', model: RES_NET_20.name, than: 'tfjs alone', least: 1.5},
  {backend: 'webgl', model: MOBILE_NET.name, than: 'tfjs alone', least: 1.5},
];

/** The targets, and what was measured. */
export function targetsOf(rows: readonly Row[]): Array<Readonly<Record<string, string>>> {
  return TARGETS.map(({backend, model, than, least}) => {
    const row = rows.find(one => one.backend === backend && one.model === model);
    const ratio = row?.entries.find(({contestant}) => contestant === than)?.ratio;
    return {
      target: `${model} on ${backend}: ${than} / ours at least ${least}`,
      measured: ratio === undefined ? 'not measured' : between(ratio),
      reached: ratio === undefined ? '–' : ratio.median >= least ? 'yes' : 'no',
    };
  });
}
