import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

import {aboutMachine} from './machine';

/** What the JSON file of a benchmark that can be resumed holds. */
export interface Results<Run> {
  readonly machine: ReturnType<typeof aboutMachine>;
  readonly runs: readonly Run[];
}

function isResults<Run>(value: unknown): value is Results<Run> {
  return (
    typeof value === 'object' && value !== null && 'machine' in value && 'runs' in value && Array.isArray(value.runs)
  );
}

/** @throws where the file is not one of this benchmark. */
export function readResults<Run>(file: string, bench: string): Results<Run> {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isResults<Run>(value))
    throw new Error(`${file} must hold the results of ${bench}. Choose another file with --out.`);
  return value;
}

/** The runs in a JSON file. The file is complete after every run, so that a benchmark that was stopped goes on. */
export class Records<Run> {
  readonly #file: string;
  readonly #machine: Results<Run>['machine'];
  readonly #keyOf: (run: Run) => string;
  readonly #runs: Map<string, Run>;

  /** @param read reads a file that exists. @param keyOf runs with equal keys answer the same question; a later one replaces an earlier one. */
  constructor(file: string, read: (file: string) => Results<Run>, keyOf: (run: Run) => string) {
    const before = existsSync(file) ? read(file) : undefined;
    this.#file = file;
    this.#keyOf = keyOf;
    this.#machine = before?.machine ?? aboutMachine();
    // A new file has no runs.
    this.#runs = new Map((before?.runs ?? []).map(run => [keyOf(run), run]));
    mkdirSync(dirname(file), {recursive: true});
  }

  get runs(): readonly Run[] {
    return [...this.#runs.values()];
  }

  add(run: Run): void {
    this.#runs.set(this.#keyOf(run), run);
    this.write();
  }

  /** The lists in the file, by name. A benchmark that records more than runs overrides it. */
  protected get lists(): Readonly<Record<string, readonly unknown[]>> {
    return {runs: this.runs};
  }

  protected write(): void {
    const lists = Object.entries(this.lists).map(
      ([name, list]) => `"${name}": [\n${list.map(one => JSON.stringify(one)).join(',\n')}\n]`,
    );
    // A process that is stopped while it writes must not leave half a file.
    const half = `${this.#file}.new`;
    writeFileSync(half, `{"machine": ${JSON.stringify(this.#machine)},\n${lists.join(',\n')}}\n`);
    renameSync(half, this.#file);
  }
}
