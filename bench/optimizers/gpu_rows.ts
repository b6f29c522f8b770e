import {startWebGPU} from '../../src/node_webgpu';
import {type Row, rowOf} from '../browser/steps';
import {progress, progressEnded} from '../progress';
import {rowLine} from '../row_line';
import type {Measured} from '../wasm_training/measure';
import type {Case} from './cases';

/** Reading back takes longer than a step on a fast card. This many steps share one. */
const STEPS_PER_TURN = 10;

const ms = ({median, low, high}: Measured): string => `${median.toFixed(3)} ±${((high - low) / 2).toFixed(3)}`;
const ratio = (a: Measured, b: Measured): string => (a.median / b.median).toFixed(2);

function shown({optimizer, case: name, times: {ours, eager, stock}, first, compiled, counts}: Row) {
  return {
    backend: 'webgpu',
    optimizer,
    case: name,
    'ours ms': ms(ours),
    'eager ÷': ratio(eager, ours),
    'tf.train ms': ms(stock),
    'tf.train ÷': ratio(stock, ours),
    dispatches: `${counts.ours.launched} / ${counts.stock.launched}`,
    'buffers made': `${counts.ours.created} / ${counts.stock.created}`,
    'first ms': `${first.ours.toFixed(0)} / ${first.stock.toFixed(0)}`,
    compiled: `${compiled.ours} / ${compiled.stock}`,
  };
}

/**
 * Measures optimizers on the machine's graphics card, until the card has finished, and prints the rows.
 * @returns the card and the rows.
 */
export async function gpuRows(optimizers: readonly string[], cases: readonly Case[], rounds: number) {
  const card = await startWebGPU();
  console.log(`The graphics card: ${JSON.stringify(card)}`);
  const rows: Row[] = [];
  for (const optimizer of optimizers) {
    for (const each of cases) {
      progress(rows.length + 1, optimizers.length * cases.length, `${optimizer} on webgpu, ${each.name}`);
      const row = await rowOf('webgpu', optimizer, each, false, rounds, STEPS_PER_TURN);
      progressEnded();
      rows.push(row);
      console.log(rowLine(shown(row)));
    }
  }
  console.table(rows.map(shown));
  return {card, rows};
}
