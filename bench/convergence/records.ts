import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

import {aboutMachine} from '../machine';
import {keyOf} from './search';
import type {StepTime} from './times';
import type {Run} from './trained';

/** What the JSON file holds. */
export interface Results {
  readonly machine: ReturnType<typeof aboutMachine>;
  readonly runs: readonly Run[];
  readonly times: readonly StepTime[];
}

/** The first files had no times, and each run had a time of its own, which other processes had disturbed. */
type Stored = Pick<Results, 'machine'> & {
  readonly runs: ReadonlyArray<Run & {stepMs?: unknown}>;
  readonly times?: readonly StepTime[];
};

function isStored(value: unknown): value is Stored {
  return (
    typeof value === 'object' &&
    value !== null &&
    'machine' in value &&
    'runs' in value &&
    Array.isArray(value.runs) &&
    (!('times' in value) || Array.isArray(value.times))
  );
}

/** @throws where the file is not one of this benchmark. */
export function readResults(file: string): Results {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isStored(value))
    throw new Error(`${file} must hold the results of bench:convergence. Choose another file with --out.`);
  const {machine, runs, times = []} = value;
  for (const run of runs) delete run.stepMs;
  return {machine, runs, times};
}

const lines = (all: readonly unknown[]): string => all.map(one => JSON.stringify(one)).join(',\n');

/** The results in a JSON file. It is complete after every run, so that a benchmark that was stopped goes on. */
export class Records {
  readonly #file: string;
  readonly #machine: Results['machine'];
  readonly #runs: Map<string, Run>;
  #times: readonly StepTime[];

  constructor(file: string) {
    const before = existsSync(file) ? readResults(file) : undefined;
    this.#file = file;
    this.#machine = before?.machine ?? aboutMachine();
    // A new file has no runs and no times.
    this.#runs = new Map((before?.runs ?? []).map(run => [keyOf(run), run]));
    this.#times = before?.times ?? [];
    mkdirSync(dirname(file), {recursive: true});
  }

  get runs(): readonly Run[] {
    return [...this.#runs.values()];
  }

  get times(): readonly StepTime[] {
    return this.#times;
  }

  add(run: Run): void {
    this.#runs.set(keyOf(run), run);
    this.#write();
  }

  /** Replaces all times of a task: those of two measurements can't be compared. */
  addTimes(task: string, times: readonly StepTime[]): void {
    this.#times = [...this.#times.filter(time => time.task !== task), ...times];
    this.#write();
  }

  #write(): void {
    // A process that is stopped while it writes must not leave half a file.
    const half = `${this.#file}.new`;
    const text = `"runs": [\n${lines(this.runs)}\n],\n"times": [\n${lines(this.#times)}\n]`;
    writeFileSync(half, `{"machine": ${JSON.stringify(this.#machine)},\n${text}}\n`);
    renameSync(half, this.#file);
  }
}
