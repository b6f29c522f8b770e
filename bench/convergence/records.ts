import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

import {aboutMachine} from '../machine';
import {keyOf} from './search';
import type {Run} from './trained';

/** What the JSON file holds. */
export interface Results {
  readonly machine: ReturnType<typeof aboutMachine>;
  readonly runs: readonly Run[];
}

function isResults(value: unknown): value is Results {
  return (
    typeof value === 'object' && value !== null && 'machine' in value && 'runs' in value && Array.isArray(value.runs)
  );
}

/** @throws where the file is not one of this benchmark. */
export function readResults(file: string): Results {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isResults(value))
    throw new Error(`${file} must hold the results of bench:convergence. Choose another file with --out.`);
  return value;
}

/** The runs in a JSON file. The file is complete after every run, so that a benchmark that was stopped goes on. */
export class Records {
  readonly #file: string;
  readonly #machine: Results['machine'];
  readonly #runs: Map<string, Run>;

  constructor(file: string) {
    const before = existsSync(file) ? readResults(file) : undefined;
    this.#file = file;
    this.#machine = before?.machine ?? aboutMachine();
    // A new file has no runs.
    this.#runs = new Map((before?.runs ?? []).map(run => [keyOf(run), run]));
    mkdirSync(dirname(file), {recursive: true});
  }

  get runs(): readonly Run[] {
    return [...this.#runs.values()];
  }

  add(run: Run): void {
    this.#runs.set(keyOf(run), run);
    const lines = this.runs.map(one => JSON.stringify(one)).join(',\n');
    // A process that is stopped while it writes must not leave half a file.
    const half = `${this.#file}.new`;
    writeFileSync(half, `{"machine": ${JSON.stringify(this.#machine)},\n"runs": [\n${lines}\n]}\n`);
    renameSync(half, this.#file);
  }
}
