// `npm run bench:convergence`: which optimizer should I use? Trains real tasks with all of them. `-- --help` lists the
// options.
//
// The data, and what they pass through:
//
// - A Task (tasks.ts) decides the model, its initial weights, the batches and the held-out data, from a seed.
// - A Contestant (contestants.ts) is an optimizer with the source of its learning rate: a search, a fixed rate, lrFind.
// - A Cell is a task, a contestant and a schedule. search.ts asks Questions about it: the rates of one grid with seed
//   1, then the best rate with seeds 2 to 6. Seed 1 chooses only, so that the choice does not flatter the result.
// - trained.ts answers one Question by one Run: losses, times, memory. Equal Questions have equal losses.
// - Records (records.ts) keep the Runs in the JSON file, and know which Questions have been answered.
// - crew.ts shares the cells among threads, in which worker.ts answers.
// - report.ts makes Lines from the Runs, one per cell: what is printed, and what pages show.
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';

import {fileURLToPath} from 'node:url';
import {isMainThread} from 'node:worker_threads';

import {defined} from '../../examples/support/lookup';
import {progressBar} from '../../examples/support/progress';
import {commandLine, listed} from '../command_line';
import {print} from '../wasm_training/table';
import {CONTESTANTS, SCHEDULES} from './contestants';
import {fillAll} from './crew';
import {Records} from './records';
import {cellsOf, linesOf} from './report';
import {type Cell, expectedRuns, FULL, QUICK} from './search';
import {TASKS} from './tasks';
import type {Run} from './trained';
import {serve} from './worker';

const QUICK_OPTIMIZERS = 'sgd,adamW,prodigy at 1';
const HELP = `npm run bench:convergence [-- options]

Trains real tasks on WASM with every optimizer: first with seed 1 at the rates of one grid (two per factor of ten, from
the optimizer's default on, until the best rate has two others on each side), then with five other seeds at the best
rate; at a constant rate and with one-cycle. Equal seeds have equal initial weights and batches. Losses are on held-out
data. 'steps to adamW's loss' is the first measured step with a loss at most as high as that with which adamW ends at
its best constant rate. Memory is in times of the weights'.

Each run is written to the file at once. Runs that are in the file are not repeated: a benchmark that was stopped goes
on with the same command.

  --tasks NAMES       only these tasks, with commas between them, of${listed(TASKS, 22)}
  --optimizers NAMES  only these optimizers, of${listed(CONTESTANTS, 22)}
  --schedules NAMES   only these, of constant,oneCycle
  --seeds N           how many seeds at the best rate (default ${FULL.seeds})
  --workers N         how many trainings at the same time (default 2)
  --quick             a tenth of the steps, three rates, one seed; without --optimizers: ${QUICK_OPTIMIZERS}
  --out FILE          the JSON file (default bench/results/convergence.json; with --quick convergence_quick.json)
  --help              print this help
`;

/** A mistake on the command line ends the program. */
function refuse(message: string): never {
  console.error(`${message}\nnpm run bench:convergence -- --help lists the options.`);
  process.exit(2);
}

/** The entries with these names, which have commas between them; all for an empty text. */
function chosen<T>(option: string, all: readonly T[], nameOf: (one: T) => string, names: string): readonly T[] {
  if (names === '') return all;
  return names.split(',').map(name => {
    const found = all.find(one => nameOf(one) === name.trim());
    return found ?? refuse(`--${option} must be some of ${all.map(nameOf).join(', ')}; got '${name}'.`);
  });
}

function whole(option: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  return Number.isInteger(value) && value > 0
    ? value
    : refuse(`--${option} must be a whole number from 1; got '${text}'.`);
}

/** Hours, minutes and seconds. */
function inWords(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

async function main(): Promise<void> {
  const {quick, option} = commandLine(HELP, ['tasks', 'optimizers', 'schedules', 'seeds', 'workers', 'out']);
  const preset = quick ? QUICK : FULL;
  const effort = {...preset, seeds: whole('seeds', option('seeds', String(preset.seeds)))};
  const workers = whole('workers', option('workers', '2'));
  const tasks = chosen('tasks', TASKS, ({name}) => name, option('tasks', ''));
  const wanted = option('optimizers', quick ? QUICK_OPTIMIZERS : '');
  const contestants = chosen('optimizers', CONTESTANTS, ({name}) => name, wanted);
  const schedules = chosen('schedules', SCHEDULES, name => name, option('schedules', ''));
  const out = option('out', `bench/results/convergence${quick ? '_quick' : ''}.json`);
  const records = new Records(out);

  // Tasks take turns, so that the mean time of a run tells early how long all of them will take.
  const cells: readonly Cell[] = contestants.flatMap(contestant =>
    contestant.schedules
      .filter(schedule => schedules.includes(schedule))
      .flatMap(schedule => tasks.map(task => ({task, contestant, schedule}))),
  );
  const runsOf = ({task, contestant, schedule}: Cell): readonly Run[] =>
    records.runs.filter(
      run => run.task === task.name && run.optimizer === contestant.name && run.schedule === schedule,
    );

  const began = performance.now();
  let made = 0;
  const left = new Map(cells.map(cell => [cell, Math.max(0, expectedRuns(cell, effort) - runsOf(cell).length)]));
  const bar = progressBar('{left} | {state}');
  bar.start(1, 0, {left: '', state: `${records.runs.length} runs are in ${out} already`});
  const show = (what: string) => {
    const waiting = [...left.values()].reduce((a, b) => a + b, 0);
    const seconds = (performance.now() - began) / 1000;
    bar.setTotal(made + waiting);
    // Before the first run, nobody knows how long one takes.
    bar.update(made, {left: made === 0 ? '' : `${inWords((seconds / made) * waiting)} left`, state: what});
  };
  let state = '';
  try {
    await fillAll(fileURLToPath(import.meta.url), workers, cells, effort, runsOf, {
      onRun: (cell, run) => {
        made++;
        records.add(run);
        // A search that goes on needs more runs than expected.
        left.set(cell, Math.max(1, defined(left.get(cell), 'cell of this run') - 1));
        const loss = run.loss === null ? 'diverged' : `loss ${run.loss.toPrecision(3)}`;
        state = `${run.task}, ${run.optimizer}, ${run.schedule}, ${run.lr ?? 'no rate'}, seed ${run.seed}: ${loss}`;
        show(state);
      },
      onDone: cell => {
        left.set(cell, 0);
        show(state);
      },
    });
  } finally {
    bar.stop();
  }
  const names = {tasks: tasks.map(({name}) => name), optimizers: contestants.map(({name}) => name)};
  const lines = linesOf(records.runs).filter(
    ({task, optimizer}) => names.tasks.includes(task) && names.optimizers.includes(optimizer),
  );
  for (const {name, title} of tasks) print(title, lines.filter(({task}) => task === name).map(cellsOf));
  console.log(`\n${made} runs in ${inWords((performance.now() - began) / 1000)}. All figures: ${out}`);
}

await (isMainThread ? main() : serve());
