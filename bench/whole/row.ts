import {at, defined} from '../../examples/support/lookup';
import {type Measured, summary} from '../wasm_training/measure';
import type {BenchModel} from '../wasm_training/models';
import type {Contestant, Training} from './contestant';
import {type Setup, setupOf} from './setup';

/** A contestant's figures for one network. */
export interface Entry {
  readonly contestant: string;
  /** Milliseconds per step. */
  readonly step?: Measured;
  /** Its time / the time of ours in the same round. */
  readonly ratio?: Measured;
  /** Draws, dispatches per step, on GPU backends. */
  readonly launches?: number;
  /** The losses of the first ten steps. */
  readonly losses?: readonly number[];
  /** Why there are no figures. */
  readonly missing?: string;
  /** How its losses differ from ours, where they differ by more than 1e-3. The figures are then not comparable. */
  readonly invalid?: string;
}

/** One network on one backend, all contestants in turn. */
export interface Row {
  readonly backend: string;
  readonly model: string;
  /** Where it ran, such as 'Node v20.20.2'. */
  readonly place: string;
  readonly date: string;
  readonly batch: number;
  readonly parameters: number;
  readonly variables: number;
  readonly entries: readonly Entry[];
}

/** How long to measure. */
export interface Effort {
  /** Approximate milliseconds of the measured rounds of one row. */
  readonly budget: number;
  readonly leastRounds: number;
}

/** Counts what a step launches on the GPU. */
export type LaunchCounter = (act: () => Promise<void>) => Promise<number>;

/** What the others are compared with. */
export const OURS = 'ours';
export const CHECKED_STEPS = 10;
const TOLERANCE = 1e-3;
const MOST_ROUNDS = 60;
/** Long enough that the contents of the caches that another contestant left do not count much. */
const TURN_MS = 60;
const MOST_STEPS = 20;

interface Started {
  readonly name: string;
  readonly training: Training;
  readonly losses: number[];
  readonly times: number[];
  /** Milliseconds of the last checked step. */
  expected: number;
}

const reasonOf = (error: unknown): string =>
  defined((error instanceof Error ? error.message : String(error)).split('\n')[0], 'message of the error');

async function started(
  setup: Setup,
  contestants: readonly Contestant[],
): Promise<{readonly running: Started[]; readonly missing: Entry[]}> {
  const running: Started[] = [];
  const missing: Entry[] = [];
  for (const contestant of contestants) {
    const {name} = contestant;
    try {
      running.push({name, training: await contestant.start(setup), losses: [], times: [], expected: 0});
    } catch (error) {
      // A framework that lacks an operation is a result, which the table shows.
      missing.push({contestant: name, missing: reasonOf(error)});
    }
  }
  return {running, missing};
}

/** How the losses differ; undefined where all agree within 1e-3, or 1e-3 of the loss above 1. */
export function difference(losses: readonly number[], reference: readonly number[]): string | undefined {
  for (const [i, loss] of losses.entries()) {
    const expected = at(reference, i);
    if (!(Math.abs(loss - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))))
      return `the loss of step ${i + 1} is ${loss.toPrecision(6)}, that of ours ${expected.toPrecision(6)}`;
  }
  return undefined;
}

/** The rounds: every contestant runs once in each. */
async function measured(running: readonly Started[], {budget, leastRounds}: Effort): Promise<void> {
  const steps = running.map(({expected}) => Math.max(1, Math.min(MOST_STEPS, Math.round(TURN_MS / expected))));
  const round = running.reduce((sum, {expected}, i) => sum + expected * at(steps, i), 0);
  const rounds = Math.max(leastRounds, Math.min(MOST_ROUNDS, Math.floor(budget / round)));
  for (let i = 0; i < rounds; i++)
    for (const [place, {training, times}] of running.entries()) {
      const {ms} = await training.run(at(steps, place));
      times.push(ms / at(steps, place));
    }
}

/** Measures one network with all contestants. @param count for GPU backends. */
export async function rowOf(
  about: Pick<Row, 'backend' | 'place'>,
  model: BenchModel,
  contestants: readonly Contestant[],
  effort: Effort,
  count?: LaunchCounter,
): Promise<Row> {
  const setup = setupOf(model);
  const {running, missing} = await started(setup, contestants);
  for (let i = 0; i < CHECKED_STEPS; i++)
    for (const one of running) {
      const {ms, loss} = await one.training.run(1);
      one.losses.push(loss);
      one.expected = ms;
    }
  await measured(running, effort);
  const ours = running.find(({name}) => name === OURS);
  const entries: Entry[] = [];
  for (const {name, training, times, losses} of running) {
    const launches =
      count === undefined
        ? {}
        : {
            launches: await count(async () => {
              await training.run(1);
            }),
          };
    const invalid = ours === undefined ? undefined : difference(losses, ours.losses);
    entries.push({
      contestant: name,
      step: summary(times),
      ...(ours === undefined ? {} : {ratio: summary(times.map((time, i) => time / at(ours.times, i)))}),
      ...launches,
      losses,
      ...(invalid === undefined ? {} : {invalid}),
    });
  }
  for (const {training} of running) training.dispose();
  const order = contestants.map(({name}) => name);
  return {
    ...about,
    model: model.name,
    date: new Date().toISOString(),
    batch: model.batch,
    parameters: setup.weights.reduce((sum, {values}) => sum + values.length, 0),
    variables: setup.weights.length,
    entries: [...entries, ...missing].sort((a, b) => order.indexOf(a.contestant) - order.indexOf(b.contestant)),
  };
}
