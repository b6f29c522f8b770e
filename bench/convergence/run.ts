// `npm run bench:convergence`: which optimizer should I use? Trains real tasks with all of them. `-- --help` lists the
// options.
//
// The data, and what they pass through:
//
// - A Task (tasks.ts) decides the model, its initial weights, the batches and the held-out data, from a seed.
// - A Contestant (contestants.ts) is an optimizer with the source of its learning rate: a search, a fixed rate, lrFind.
// - A Cell is a task, a contestant and a schedule. search.ts asks Questions about it: the rates of one grid with seed
//   1, then the best rate with seeds 2 to 6. Seed 1 chooses only, so that the choice does not flatter the result.
// - trained.ts answers one Question by one Run: losses and memory. Equal Questions have equal losses.
// - times.ts measures the steps afterwards, in one thread, where all contestants take turns.
// - Records (records.ts) keep the Runs and the times in the JSON file, and know which Questions have been answered.
// - crew.ts shares the cells among threads, in which worker.ts answers.
// - report.ts makes Lines from the Runs, one per cell: what is printed, and what pages show.
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';

import {fileURLToPath} from 'node:url';
import {isMainThread} from 'node:worker_threads';

import * as tf from '@tensorflow/tfjs';

import {defined} from '../../examples/support/lookup';
import {progressBar} from '../../examples/support/progress';
import {commandLine, listed} from '../command_line';
import {print} from '../wasm_training/table';
import {type Contestant, CONTESTANTS, SCHEDULES} from './contestants';
import {fillAll} from './crew';
import {Records} from './records';
import {cellsOf, linesOf} from './report';
import {type Cell, type Effort, expectedRuns, FULL, QUICK} from './search';
import {type Task, TASKS} from './tasks';
import {REFERENCE, stepTimes, turnsOf} from './times';
import type {Run} from './trained';
import {serve} from './worker';

/** How many times each contestant's steps are measured. */
const ROUNDS = {full: 15, quick: 3};
const PARTS = ['runs', 'times'] as const;
const QUICK_OPTIMIZERS = ['sgd', 'adamW', 'prodigy at 1'];
const HELP = `npm run bench:convergence [-- options]

Trains real tasks on WASM with every optimizer: first with seed 1 at the rates of one grid (two per factor of ten, from
the optimizer's default on, until the best rate has two others on each side), then with five other seeds at the best
rate; at a constant rate and with one-cycle. Equal seeds have equal initial weights and batches. Losses are on held-out
data. 'steps to adamW's loss' is the first measured step with a loss at most as high as that with which adamW ends at
its best constant rate. Memory is in times of the weights'.

At the end, the time of a training step is measured, as a factor of adamW's: on each task, all optimizers take turns of
a few steps in one thread, for ${ROUNDS.full} rounds. This takes some minutes. The figures are the processor's time,
so that other programs disturb them less.

Each run is written to the file at once, and the times of a task after its last round. What is in the file is not
repeated: a benchmark that was stopped goes on with the same command.

  --tasks NAMES       only these tasks, with commas between them, of${listed(TASKS, 22)}
  --optimizers NAMES  only these optimizers, of${listed(CONTESTANTS, 22)}
  --schedules NAMES   only these, of constant,oneCycle
  --seeds N           how many seeds at the best rate (default ${FULL.seeds})
  --workers N         how many trainings at the same time (default 2)
  --only PART         only the 'runs', or only the 'times' of steps (default both)
  --quick             a tenth of the steps, three rates, one seed, ${ROUNDS.quick} rounds of times;
                      without --optimizers: ${QUICK_OPTIMIZERS.join(',')}
  --out FILE          the JSON file (default bench/results/convergence.json; with --quick convergence_quick.json)
  --help              print this help
`;

/** The entries whose names `choose` returns, in its order. */
function named<T extends {readonly name: string}>(
  all: readonly T[],
  choose: (names: readonly string[]) => readonly string[],
): readonly T[] {
  return choose(all.map(({name}) => name)).map(name =>
    defined(
      all.find(one => one.name === name),
      `entry '${name}'`,
    ),
  );
}

/** Hours, minutes and seconds. */
function inWords(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** A bar that shows the time that is left. */
function timedBar(state: string) {
  const began = performance.now();
  const bar = progressBar('{left} | {state}');
  bar.start(1, 0, {left: '', state});
  return {
    show: (done: number, waiting: number, what: string) => {
      const seconds = (performance.now() - began) / 1000;
      bar.setTotal(done + waiting);
      // Before the first one, nobody knows how long one takes.
      bar.update(done, {left: done === 0 ? '' : `${inWords((seconds / done) * waiting)} left`, state: what});
    },
    stop: () => {
      bar.stop();
    },
  };
}

/** Makes all runs that are not in the file yet. Returns how many. */
async function train(cells: readonly Cell[], effort: Effort, workers: number, records: Records): Promise<number> {
  const runsOf = ({task, contestant, schedule}: Cell): readonly Run[] =>
    records.runs.filter(
      run => run.task === task.name && run.optimizer === contestant.name && run.schedule === schedule,
    );
  let made = 0;
  const left = new Map(cells.map(cell => [cell, Math.max(0, expectedRuns(cell, effort) - runsOf(cell).length)]));
  let state = `${records.runs.length} runs are in the file already`;
  const bar = timedBar(state);
  const show = () => {
    bar.show(
      made,
      [...left.values()].reduce((a, b) => a + b, 0),
      state,
    );
  };
  try {
    await fillAll(fileURLToPath(import.meta.url), workers, cells, effort, runsOf, {
      onRun: (cell, run) => {
        made++;
        records.add(run);
        // A search that goes on needs more runs than expected.
        left.set(cell, Math.max(1, defined(left.get(cell), 'cell of this run') - 1));
        const loss = run.loss === null ? 'diverged' : `loss ${run.loss.toPrecision(3)}`;
        state = `${run.task}, ${run.optimizer}, ${run.schedule}, ${run.lr ?? 'no rate'}, seed ${run.seed}: ${loss}`;
        show();
      },
      onDone: cell => {
        left.set(cell, 0);
        show();
      },
    });
  } finally {
    bar.stop();
  }
  return made;
}

/** Measures the steps on all tasks where the file lacks one of the contestants. Returns on how many tasks. */
async function measure(
  tasks: readonly Task[],
  contestants: readonly Contestant[],
  rounds: number,
  records: Records,
): Promise<number> {
  // Those in the file are measured again, so that all times of a task are from the same rounds.
  const racesOf = (task: Task): readonly Contestant[] => {
    const known = records.times.filter(time => time.task === task.name);
    const isKnown = (name: string) => known.some(time => time.optimizer === name && time.rounds >= rounds);
    const isIn = ({name}: Contestant) =>
      name === REFERENCE || known.some(time => time.optimizer === name) || contestants.some(one => one.name === name);
    return contestants.every(({name}) => isKnown(name)) ? [] : CONTESTANTS.filter(isIn);
  };
  const races = tasks.map(task => ({task, racers: racesOf(task)})).filter(({racers}) => racers.length > 0);
  if (races.length === 0) return 0;
  await tf.setBackend('wasm');
  let waiting = races.reduce((sum, {racers}) => sum + turnsOf(racers, rounds), 0);
  let done = 0;
  const bar = timedBar('time per step');
  try {
    for (const {task, racers} of races) {
      const times = await stepTimes(task, racers, rounds, () => {
        bar.show(++done, --waiting, `time per step, ${task.name}`);
      });
      records.addTimes(task.name, times);
    }
  } finally {
    bar.stop();
  }
  return races.length;
}

async function main(): Promise<void> {
  const {quick, option, names, count} = commandLine(HELP, [
    'tasks',
    'optimizers',
    'schedules',
    'seeds',
    'workers',
    'only',
    'out',
  ]);
  const preset = quick ? QUICK : FULL;
  const effort = {...preset, seeds: count('seeds', preset.seeds)};
  const workers = count('workers', 2);
  const tasks = named(TASKS, all => names('tasks', all));
  const contestants = named(CONTESTANTS, all => names('optimizers', all, quick ? QUICK_OPTIMIZERS : all));
  const schedules = names('schedules', SCHEDULES);
  const parts = names('only', PARTS);
  const out = option('out', `bench/results/convergence${quick ? '_quick' : ''}.json`);
  const records = new Records(out);
  const began = performance.now();

  // Tasks take turns, so that the mean time of a run tells early how long all of them will take.
  const cells: readonly Cell[] = contestants.flatMap(contestant =>
    contestant.schedules
      .filter(schedule => schedules.includes(schedule))
      .flatMap(schedule => tasks.map(task => ({task, contestant, schedule}))),
  );
  const made = parts.includes('runs') ? await train(cells, effort, workers, records) : 0;
  const rounds = quick ? ROUNDS.quick : ROUNDS.full;
  const timed = parts.includes('times') ? await measure(tasks, contestants, rounds, records) : 0;

  const lines = linesOf(records.runs, records.times).filter(
    ({task, optimizer}) => tasks.some(({name}) => name === task) && contestants.some(({name}) => name === optimizer),
  );
  for (const {name, title} of tasks) print(title, lines.filter(({task}) => task === name).map(cellsOf));
  const spent = inWords((performance.now() - began) / 1000);
  console.log(`\n${made} runs, and steps measured on ${timed} tasks, in ${spent}. All figures: ${out}`);
}

await (isMainThread ? main() : serve());
