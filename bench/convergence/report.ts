import {at} from '../../examples/support/lookup';
import {medianOf} from '../wasm_training/measure';
import {isSearch, measuredRuns} from './search';
import type {StepTime} from './times';
import {pointsOf, type Run} from './trained';

/** What the runs of one optimizer with one schedule on one task say, over the measured seeds. */
export interface Line {
  readonly task: string;
  readonly optimizer: string;
  readonly schedule: Run['schedule'];
  readonly steps: number;
  /** The rates of the seeds: one number, or several where `lrFind` chose. */
  readonly rates: readonly number[];
  /** The held-out loss at the end of each seed. A seed that diverged has an infinite loss. */
  readonly losses: readonly number[];
  /** For each seed, the first measured step with at most the target's loss. It is infinite where it was not reached. */
  readonly stepsToTarget: readonly number[];
  /** The time of a training step; undefined where it was not measured. */
  readonly time: StepTime | undefined;
  /** What the optimizer keeps, in times of the weights' bytes. */
  readonly memory: number;
  /** One run per seed. */
  readonly runs: readonly Run[];
  /** The runs of the search; none for a contestant without one. */
  readonly search: readonly Run[];
}

/** The runs by task, optimizer, schedule and number of steps, in the order in which these first come. */
function grouped(runs: readonly Run[]): ReadonlyArray<readonly Run[]> {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = [run.task, run.optimizer, run.schedule, run.steps].join(' | ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [run]);
    else group.push(run);
  }
  return [...groups.values()];
}

/** A seed that diverged counts as worse than all others. */
const lossesOf = (runs: readonly Run[]): number[] => runs.map(({loss}) => loss ?? Infinity);

/**
 * The loss that is asked of all optimizers in a task: the median loss with which `adamW` ends at its best constant
 * rate. Undefined where that was not measured.
 */
function targetOf(task: string, steps: number, groups: ReadonlyArray<readonly Run[]>): number | undefined {
  const runs = groups.find(group => {
    const run = at(group, 0);
    return run.task === task && run.optimizer === 'adamW' && run.schedule === 'constant' && run.steps === steps;
  });
  return runs === undefined ? undefined : medianOf(lossesOf(runs));
}

function stepsTo(target: number | undefined, run: Run): number {
  const i = target === undefined ? -1 : run.heldOut.findIndex(loss => loss <= target);
  return i < 0 ? Infinity : at(pointsOf(run), i);
}

/** One line per task, optimizer and schedule. */
export function linesOf(all: readonly Run[], stepTimes: readonly StepTime[]): Line[] {
  const searched = grouped(all).map(runs => ({runs: measuredRuns(runs), search: runs.filter(isSearch)}));
  const measured = searched.filter(({runs}) => runs.length > 0);
  const groups = measured.map(({runs}) => runs);
  return measured.map(({runs, search}) => {
    const {task, optimizer, schedule, steps, weightBytes, stateBytes} = at(runs, 0);
    const target = targetOf(task, steps, groups);
    return {
      task,
      optimizer,
      schedule,
      steps,
      rates: [...new Set(runs.flatMap(({lr}) => (lr === null ? [] : [lr])))],
      losses: lossesOf(runs),
      stepsToTarget: runs.map(run => stepsTo(target, run)),
      time: stepTimes.find(time => time.task === task && time.optimizer === optimizer),
      memory: stateBytes / weightBytes,
      runs,
      search,
    };
  });
}

export const digits = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(3))) : '–');

export function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (values.length === 0) return '–';
  return low === high ? digits(low) : `${digits(low)} to ${digits(high)}`;
}

/** Quartiles that are farther apart than this part of the median are shown. */
const NOISY = 0.1;

/** A step's time as a factor of adamW's, with its quartiles where they differ much. */
export function timeCell(time: StepTime | undefined): string {
  if (time === undefined) return '–';
  const {ratio, low, high} = time;
  return high - low > NOISY * ratio ? `${digits(ratio)} (${range([low, high])})` : digits(ratio);
}

/** The cells of a task's table, for a terminal or a page. A dash means diverged, or not reached. */
export function cellsOf(line: Line): Readonly<Record<string, string>> {
  const {optimizer, schedule, rates, losses, stepsToTarget, time, memory} = line;
  const steps = medianOf(stepsToTarget);
  return {
    optimizer,
    schedule,
    rate: range(rates),
    loss: digits(medianOf(losses)),
    'of all seeds': range(losses),
    "steps to adamW's loss": digits(steps),
    // Without a measured step, the seconds aren't known.
    seconds: digits(time === undefined ? NaN : (steps * time.ms) / 1000),
    'time per step (× adamW)': timeCell(time),
    memory: digits(memory),
  };
}
