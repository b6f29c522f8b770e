import {optimizers} from '../../src';
import type {BackendName} from './backends';
import {wrappedTable} from './wrapped_table';

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

// Wrapped optimizers of tf.train that add a kind: state of tfjs, a scalar that tfjs keeps, and a wrapper around one.
const WRAPPED_KINDS = new Set(['wrapped adam', 'wrapped momentum', 'lookahead over wrapped adam']);

/**
 * The rows that a suite runs on a backend: all of them, but on a GPU and with `--quick` one row per kind of step, of
 * the package's table and of the wrapped optimizers. Software GPUs compile each program for a good part of a second.
 * golden_modern_test, the golden tests of fastai and optimizer_table_test compare every row on WebGL.
 */
export function rowsOn<R extends {readonly name: string}>(backend: BackendName, rows: readonly R[]): readonly R[] {
  const isQuick = process.env.TEST_QUICK === '1';
  if ((backend === 'cpu' || backend === 'wasm') && !isQuick) return rows;
  const left = new Set(optimizers.map(({name}) => name).filter(name => !KINDS.has(name)));
  for (const {name} of wrappedTable) if (!WRAPPED_KINDS.has(name)) left.add(name);
  return rows.filter(({name}) => !left.has(name));
}
