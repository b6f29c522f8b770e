import {optimizers} from '../../src';
import type {BackendName} from './backends';

// One row per kind of step: without state, with state, with totals, with a total of the update, a copy that changes
// every few steps, numbers that all parameters share, numbers of a group, parts and products of matrices, reductions
// along axes, and the gradient of the step before.
const KINDS = new Set([
  'sgd',
  'adam',
  'lamb',
  'larc',
  'ranger',
  'prodigy',
  'scheduleFreeAdamW',
  'muon',
  'adafactor',
  'adan',
]);

/**
 * The rows that a suite runs on a backend: all of them, but on a GPU one row of the package's table per kind of step.
 * Software GPUs compile each program for a good part of a second. golden_modern_test, the golden tests of fastai and
 * optimizer_table_test compare every row on WebGL.
 */
export function rowsOn<R extends {readonly name: string}>(backend: BackendName, rows: readonly R[]): readonly R[] {
  if (backend === 'cpu' || backend === 'wasm') return rows;
  const left = new Set(optimizers.map(({name}) => name).filter(name => !KINDS.has(name)));
  return rows.filter(({name}) => !left.has(name));
}
