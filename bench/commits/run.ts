// `npm run bench:commits`: whether steps became slower since an earlier commit. `-- --help` lists the options.
import {type ChildProcess, execFileSync, fork, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {optimizers} from '../../src';
import {bundleProgram} from '../../tools/bundle_program.mjs';
import {commandLine} from '../command_line';
import {Machine} from '../machine';
import {progress, progressEnded} from '../progress';
import {medianOf} from '../wasm_training/measure';
import type {Answer, Case, Question} from './questions';

const HELP = `npm run bench:commits -- --before COMMIT [options]

Compares steps of an earlier commit with those of this checkout, on wasm. Each commit has a process of its own. The two
take turns, and each turn measures the processor's time. A ratio is the median of the rounds' ratios: above 1, steps
became slower. The interval holds the median in 95 of 100 such runs.

  --before COMMIT    the earlier commit (default HEAD)
  --optimizers A,B   names of the table (default all that the earlier commit has)
  --rounds N         rounds per case (default 100)
  --quick            ten rounds
  --out FILE         the JSON file for the figures (default bench/results/commits.json)
  --help             print this help
`;

const SIZES = [
  {name: '83 of 1,000', variables: 83, size: 1000, steps: 60},
  {name: '1 of 1 M', variables: 1, size: 2 ** 20, steps: 12},
] as const;

const NAMES: readonly string[] = optimizers.map(({name}) => name);
const {quick, option, names, count} = commandLine(HELP, ['before', 'optimizers', 'rounds', 'out']);
const asked = names('optimizers', NAMES);
const rounds = count('rounds', quick ? 10 : 100);

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The full name of a commit. Ends the program where there is none. */
function commitNamed(text: string): string {
  const {status, stdout} = spawnSync('git', ['-C', root, 'rev-parse', '--verify', '--quiet', `${text}^{commit}`], {
    encoding: 'utf8',
  });
  if (status === 0) return stdout.trim();
  console.error(`--before must be a commit of this repository; got '${text}'.`);
  process.exit(2);
}

/** A process that measures one commit. */
class Worker {
  readonly #process: ChildProcess;
  /** Rejects when the process ends. */
  readonly #ended: Promise<never>;

  private constructor(file: string) {
    this.#process = fork(file, {stdio: ['ignore', 'ignore', 'inherit', 'ipc']});
    this.#ended = new Promise((_, reject) => {
      this.#process.on('exit', code => {
        reject(new Error(`The process of ${basename(file)} ended with ${code}.`));
      });
    });
    // It matters only to those who wait for an answer.
    this.#ended.catch(() => undefined);
  }

  /** @param started gets the process, also where it fails before it is ready. */
  static async start(file: string, started: Worker[]): Promise<Worker> {
    const worker = new Worker(file);
    started.push(worker);
    await worker.#answer();
    return worker;
  }

  /** Prepares a case. Returns whether the commit has the optimizer. */
  async prepare(of: Case): Promise<boolean> {
    const answer = await this.#ask(of);
    return 'has' in answer && answer.has;
  }

  /** The milliseconds of a step of the case. */
  async measure(steps: number): Promise<number> {
    const answer = await this.#ask({steps});
    if ('ms' in answer) return answer.ms;
    throw new Error('The process did not measure.');
  }

  end(): void {
    this.#process.kill();
  }

  #ask(question: Question): Promise<Answer> {
    const answer = this.#answer();
    this.#process.send(question);
    return answer;
  }

  #answer(): Promise<Answer> {
    const message = new Promise<Answer>(resolve => {
      this.#process.once('message', resolve);
    });
    return Promise.race([message, this.#ended]);
  }
}

interface Ratio {
  readonly median: number;
  /** The ends of the 95 % interval of the median, by the order of the values (Conover, 1971). */
  readonly low: number;
  readonly high: number;
}

function ratioOf(values: readonly number[]): Ratio {
  const sorted = [...values].sort((a, b) => a - b);
  const half = 0.98 * Math.sqrt(sorted.length);
  const at = (rank: number): number => {
    const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))];
    if (value === undefined) throw new Error('There are no rounds.');
    return value;
  };
  return {median: medianOf(sorted), low: at(sorted.length / 2 - half - 1), high: at(sorted.length / 2 + half)};
}

/** Measures a case. Undefined where the earlier commit does not have the optimizer. */
async function compare(before: Worker, now: Worker, of: Case, steps: number) {
  if (!(await before.prepare(of)) || !(await now.prepare(of))) return undefined;
  const times: Array<{readonly before: number; readonly now: number}> = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const first = await before.measure(steps);
      times.push({before: first, now: await now.measure(steps)});
    } else {
      const first = await now.measure(steps);
      times.push({now: first, before: await before.measure(steps)});
    }
  }
  return {
    before: medianOf(times.map(one => one.before)),
    now: medianOf(times.map(one => one.now)),
    ratio: ratioOf(times.map(one => one.now / one.before)),
  };
}

const commit = commitNamed(option('before', 'HEAD'));
const worker = 'bench/commits/worker.ts';
const cache = join(root, 'node_modules', '.cache', 'tfjs-optim');
const checkout = mkdtempSync(join(tmpdir(), 'tfjs-optim-commit-'));
const workers: Worker[] = [];
const machine = new Machine();
const rows: Array<Readonly<Record<string, string | number>>> = [];
try {
  // Not a worktree, which would stay registered where this program is stopped.
  const sources = execFileSync('git', ['-C', root, 'archive', commit, 'src', 'tsconfig.json'], {maxBuffer: 2 ** 28});
  execFileSync('tar', ['-x', '-C', checkout], {input: sources});
  const files = {before: join(cache, 'commit_before.mjs'), now: join(cache, 'commit_now.mjs')};
  await bundleProgram(join(root, worker), files.before, {[join(root, 'src')]: join(checkout, 'src')});
  await bundleProgram(join(root, worker), files.now);
  const before = await Worker.start(files.before, workers);
  const now = await Worker.start(files.now, workers);
  for (const {name: sizes, variables, size, steps} of SIZES) {
    for (const optimizer of asked) {
      progress(rows.length + 1, SIZES.length * asked.length, `${optimizer}, ${sizes}`);
      const compared = await compare(before, now, {optimizer, variables, size}, steps);
      progressEnded();
      if (compared === undefined) {
        console.log(`The earlier commit has no ${optimizer}.`);
        continue;
      }
      const {median, low, high} = compared.ratio;
      rows.push({
        parameters: sizes,
        optimizer,
        'before, µs': (1000 * compared.before).toFixed(1),
        'now, µs': (1000 * compared.now).toFixed(1),
        ratio: median.toFixed(3),
        interval: `${low.toFixed(3)} to ${high.toFixed(3)}`,
      });
    }
  }
} finally {
  for (const one of workers) one.end();
  rmSync(checkout, {recursive: true});
}
console.table(rows);
machine.write(option('out', 'bench/results/commits.json'), {before: commit, rows});
