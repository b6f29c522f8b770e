import type {Measured} from '../wasm_training/measure';
import type {Entry, Row} from './row';

export const BENCH = 'bench:whole';

/** Rows with equal keys answer the same question. */
export const keyOf = ({backend, model}: Pick<Row, 'backend' | 'model'>): string => `${backend}|${model}`;

const digits = (x: number): string => String(Number(x.toPrecision(3)));
const between = ({median, low, high}: Measured): string => `${digits(median)} (${digits(low)}–${digits(high)})`;

/** What is said of an entry beside its figures. */
function remark({invalid, missing}: Entry): string {
  if (missing !== undefined) return `cannot train: ${missing}`;
  return invalid === undefined ? '' : `invalid: ${invalid}`;
}

/** One line per contestant. */
export function cellsOf({model, entries}: Row): Array<Readonly<Record<string, string>>> {
  const countsLaunches = entries.some(({launches}) => launches !== undefined);
  return entries.map(entry => ({
    model,
    contestant: entry.contestant,
    'ms per step': entry.step === undefined ? '–' : between(entry.step),
    'times ours': entry.ratio === undefined ? '–' : between(entry.ratio),
    ...(countsLaunches ? {launches: entry.launches === undefined ? '–' : String(entry.launches)} : {}),
    remark: remark(entry),
  }));
}
