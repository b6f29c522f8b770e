// `npm run bench:lr-find`: how good a rate `lrFind` suggests. `-- --help` lists the options.
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';

import * as tf from '@tensorflow/tfjs';

import {commandLine} from '../command_line';
import {Machine} from '../machine';
import {progress, progressEnded} from '../progress';
import {print} from '../wasm_training/table';
import {type Outcome, outcomeOf} from './outcome';
import {TASKS} from './tasks';

const MOST = 1.05;
const HELP = `npm run bench:lr-find [-- options]

Trains small networks on WASM: by adam of this package along one-cycle at the rate that lrFind suggests, and by tf.train.adam at 1e-3, with
the same initial weights, data, batches and epochs. What is compared is the loss on the data trained on, after training; nothing else is
set for a task. The aim: the median over the seeds is at most ${MOST} times that of tf.train.adam, in every task.

  --tasks TEXT   only tasks whose name contains TEXT: ${TASKS.map(({name}) => name).join('; ')}
  --seeds N      how many seeds (default 5)
  --quick        two seeds
  --out FILE     where the figures go as JSON (default bench/results/lr_find.json)
  --help
`;

const {quick, option} = commandLine(HELP, ['tasks', 'seeds', 'out']);
const tasks = TASKS.filter(({name}) => name.includes(option('tasks') ?? ''));
const seeds = Array.from({length: Number(option('seeds') ?? (quick ? 2 : 5))}, (_, i) => 100 * (i + 1));
const machine = new Machine();
await tf.setBackend('wasm');

/** The middle value; of an even number the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return ((low ?? NaN) + (high ?? NaN)) / 2;
}

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
  // Where nothing is suggested, nothing is trained, and the task is missed.
  const ours = median(outcomes.map(({loss}) => loss ?? Infinity));
  const stock = median(outcomes.map(({stock: loss}) => loss));
  rows.push({task: task.name, ours, stock, ratio: ours / stock, holds: ours <= MOST * stock, outcomes});
}
print(
  `One-cycle at lrFind's suggestion, and tf.train.adam at 1e-3: loss after training, median of ${seeds.length} seeds`,
  rows.map(({task, ours, stock, ratio, holds, outcomes}) => ({
    task,
    ours: ours.toPrecision(3),
    'tf.train.adam': stock.toPrecision(3),
    '÷': ratio.toFixed(3),
    '÷ by seed': range(
      outcomes.map(({loss, stock: other}) => (loss ?? Infinity) / other),
      3,
    ),
    suggested: range(
      outcomes.map(({suggestion}) => suggestion ?? NaN),
      2,
    ),
    [`at most ${MOST}`]: holds ? 'yes' : 'no',
  })),
);
machine.write(option('out') ?? 'bench/results/lr_find.json', {aim: MOST, seeds, rows});
if (!rows.every(({holds}) => holds)) process.exitCode = 1;
