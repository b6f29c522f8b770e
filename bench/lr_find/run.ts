// `npm run bench:lr-find`: measures how good the rates are that `lrFind` suggests. `-- --help` lists the options.
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';

import * as tf from '@tensorflow/tfjs';

import {commandLine, listed} from '../command_line';
import {Machine} from '../machine';
import {progress, progressEnded} from '../progress';
import {medianOf} from '../wasm_training/measure';
import {print} from '../wasm_training/table';
import {type Outcome, outcomeOf} from './outcome';
import {TASKS} from './tasks';

const MOST = 1.05;
const HELP = `npm run bench:lr-find [-- options]

Trains small networks on WASM: with adam of this package along one cycle with the rate that lrFind suggests, and with
tf.train.adam at 1e-3. Both have the same initial weights, data, batches and epochs. No other setting depends on the
task. The figure is the training loss after training. The aim: in every task, the median over the seeds is at most
${MOST} times that of tf.train.adam.

  --tasks TEXT   only tasks whose name contains TEXT, of${listed(TASKS, 17)}
  --seeds N      how many seeds (default 5)
  --quick        two seeds
  --out FILE     the JSON file for the figures (default bench/results/lr_find.json)
  --help         print this help
`;

const {quick, option, count, matching} = commandLine(HELP, ['tasks', 'seeds', 'out']);
const tasks = matching('tasks', TASKS);
const seeds = Array.from({length: count('seeds', quick ? 2 : 5)}, (_, i) => 100 * (i + 1));
const machine = new Machine();
await tf.setBackend('wasm');

function range(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toPrecision(digits)} to ${Math.max(...values).toPrecision(digits)}`;
}

const rows = [];
for (const task of tasks) {
  const outcomes: Outcome[] = [];
  for (const seed of seeds) {
    progress(
      rows.length * seeds.length + outcomes.length + 1,
      tasks.length * seeds.length,
      `${task.name}, seed ${seed}`,
    );
    outcomes.push(await outcomeOf(task, seed));
    progressEnded();
  }
  // If nothing was suggested, nothing was trained. Then the loss counts as infinite, and the task misses the aim.
  const ours = medianOf(outcomes.map(({loss}) => loss ?? Infinity));
  const stock = medianOf(outcomes.map(({stock: loss}) => loss));
  rows.push({task: task.name, ours, stock, ratio: ours / stock, holds: ours <= MOST * stock, outcomes});
}
print(
  `One cycle with lrFind's suggestion, and tf.train.adam at 1e-3: loss after training, median of ${seeds.length} seeds`,
  rows.map(({task, ours, stock, ratio, holds, outcomes}) => ({
    task,
    ours: ours.toPrecision(3),
    'tf.train.adam': stock.toPrecision(3),
    '÷': ratio.toFixed(3),
    // As above, a seed without a suggestion has an infinite loss.
    '÷ by seed': range(
      outcomes.map(({loss, stock: other}) => (loss ?? Infinity) / other),
      3,
    ),
    // If a seed has no suggestion, the range is NaN.
    suggested: range(
      outcomes.map(({suggestion}) => suggestion ?? NaN),
      2,
    ),
    [`at most ${MOST}`]: holds ? 'yes' : 'no',
  })),
);
machine.write(option('out', 'bench/results/lr_find.json'), {aim: MOST, seeds, rows});
if (!rows.every(({holds}) => holds)) process.exitCode = 1;
