import {existsSync} from 'node:fs';

import {readResults as readAnyResults, Records as AnyRecords, type Results as AnyResults} from '../records';
import {keyOf} from './search';
import type {StepTime} from './times';
import type {Run} from './trained';

const BENCH = 'bench:convergence';

/** What the JSON file holds. */
export interface Results extends AnyResults<Run> {
  readonly times: readonly StepTime[];
}

/** The first files had no times, and each run had a time of its own, which other processes had disturbed. */
interface Stored extends AnyResults<Run & {stepMs?: unknown}> {
  readonly times?: readonly StepTime[];
}

/** @throws where the file is not one of this benchmark. */
export function readResults(file: string): Results {
  const {machine, runs, times = []}: Stored = readAnyResults<Run>(file, BENCH);
  for (const run of runs) delete run.stepMs;
  return {machine, runs, times};
}

/** The results in the JSON file. */
export class Records extends AnyRecords<Run> {
  #times: readonly StepTime[];

  constructor(file: string) {
    super(file, readResults, keyOf);
    this.#times = existsSync(file) ? readResults(file).times : [];
  }

  get times(): readonly StepTime[] {
    return this.#times;
  }

  /** Replaces all times of a task: those of two measurements can't be compared. */
  addTimes(task: string, times: readonly StepTime[]): void {
    this.#times = [...this.#times.filter(time => time.task !== task), ...times];
    this.write();
  }

  protected override get lists() {
    return {...super.lists, times: this.#times};
  }
}
