import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {CONTESTANTS, placeOf, rateAt} from '../../bench/convergence/contestants';
import {readResults} from '../../bench/convergence/records';
import {cellsOf, linesOf} from '../../bench/convergence/report';
import {fill, isSearch} from '../../bench/convergence/search';
import {TASKS} from '../../bench/convergence/tasks';
import type {Run} from '../../bench/convergence/trained';
import {optimizers} from '../../src';
import {registerWasmTraining} from '../../src/wasm_training/register';
import {present} from '../support/present';
import {runCommand} from '../support/run_command';
import {tf} from '../support/tfjs';

/** Runs `npm run bench:convergence -- …` as a user does. */
const bench = (...args: readonly string[]) => runCommand('npm', 'run', '--silent', 'bench:convergence', '--', ...args);

/** All runs of an optimizer on a task at a constant rate: a search, if it has one, and one seed. */
async function runsOf(task: string, optimizer: string): Promise<Run[]> {
  const runs: Run[] = [];
  const contestant = present(CONTESTANTS.find(({name}) => name === optimizer));
  const cell = {
    task: present(TASKS.find(({name}) => name === task)),
    // Near to the best rates, so that few runs are needed.
    contestant: 'searchFrom' in contestant.rates ? {...contestant, rates: {searchFrom: 0.01}} : contestant,
    schedule: 'constant',
  } as const;
  await fill(cell, {reach: 1, extends: true, seeds: 1, shortened: 4}, new Map(), run => {
    runs.push(run);
  });
  return runs;
}

describe('bench:convergence', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(out, {recursive: true}));

  it('trains with --quick, writes each run, shows a table and the time left, and repeats no run', async () => {
    const file = join(out, 'figures.json');
    // The specs of real tasks below train the others.
    const tasks = TASKS.filter(({name}) => ['characters', 'fine-tuning'].includes(name));
    const chosen = ['--tasks', tasks.map(({name}) => name).join(), '--optimizers', 'adamW,prodigy at 1'];
    const args = ['--quick', ...chosen, '--schedules', 'constant', '--out', file];
    const {code, stdout, stderr} = await bench(...args);
    expect(code).withContext(stderr).toBe(0);
    expect(TASKS.filter(({title}) => stdout.includes(`\n${title}\n`))).toEqual(tasks);
    expect(stdout.match(/^adamW +constant( +[\d.]+){5} +1 +2$/gm)?.length)
      .withContext(stdout)
      .toBe(2);
    expect(
      stdout.match(/^prodigy at 1 +constant +1( +[\d.]+){2}( +[\d.–]+){2} +[\d.]+( \([\d.]+ to [\d.]+\))? +4$/gm)
        ?.length,
    )
      .withContext(stdout)
      .toBe(2);
    expect(stdout).toMatch(/\n10 runs, and steps measured on 2 tasks, in [\d a-z]+\. All figures: .*figures\.json/);
    expect(stderr).toMatch(
      / % \| [\d a-z]+ left \| [a-z-]+, (adamW|prodigy at 1), constant, [\d.]+, seed \d: loss [\d.]+/,
    );

    const {runs, times, machine} = readResults(file);
    expect(machine.tfjs).toBe(tf.version_core);
    expect(runs.length).toBe(10);
    expect(times.length).toBe(4);
    for (const {optimizer, ms, ratio, low, high, rounds} of times) {
      expect(rounds).toBe(3);
      expect(ms).toBeGreaterThan(0);
      expect(low <= ratio && ratio <= high).toBeTrue();
      if (optimizer === 'adamW') expect([low, ratio, high]).toEqual([1, 1, 1]);
    }
    const before = await readFile(file, 'utf8');
    expect((await bench(...args)).stdout).toMatch(/\n0 runs, and steps measured on 0 tasks, in /);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('lists its options, tasks and optimizers', async () => {
    const {code, stdout} = await bench('--help');
    expect(code).toBe(0);
    for (const option of ['tasks', 'optimizers', 'schedules', 'seeds', 'workers', 'only', 'quick', 'out'])
      expect(stdout).toContain(`--${option} `);
    for (const {name} of [...TASKS, ...optimizers]) expect(stdout).toMatch(new RegExp(`^ +${name}$`, 'm'));
  });

  // command_line_test has the other kinds of mistakes.
  it('refuses optimizers that it does not have with exit code 2', async () => {
    const {code, stderr} = await bench('--optimizers', 'adamW,adagard');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--optimizers must be some of sgd, .*; got 'adagard'\.\n.*--help/);
  });

  it('has every optimizer of the table, and starts each search at its default rate', () => {
    for (const {name, make} of optimizers) {
      const {rates} = present(CONTESTANTS.find(one => one.name === name));
      const optimizer = make();
      expect(rates).toEqual({searchFrom: Number(present(optimizer.hypers[0])['lr'])});
      optimizer.dispose();
    }
    for (let place = -12; place <= 6; place++) expect(placeOf(rateAt(place))).toBe(place);
  });
});

describe('training on real tasks', () => {
  beforeAll(async () => {
    registerWasmTraining();
    await tf.setBackend('wasm');
  });

  // docs/benchmarks.md says why the autoencoder needs the option, and has all four tasks.
  const tasks = {
    digits: 'prodigy at 1',
    autoencoder: 'prodigy at 1 with biasCorrection',
  };
  for (const [task, contestant] of Object.entries(tasks)) {
    it(`${contestant} ends with at most twice the loss of adamW at its searched rate: ${task}`, async () => {
      const runs = [...(await runsOf(task, 'adamW')), ...(await runsOf(task, contestant))];
      const [adamW, prodigy] = linesOf(runs, []);
      const losses = [present(adamW).losses, present(prodigy).losses].map(([loss]) => present(loss));
      expect(losses.every(Number.isFinite)).toBeTrue();
      expect(present(losses[1]))
        .withContext(JSON.stringify(runs))
        .toBeLessThanOrEqual(2 * present(losses[0]));
      // The search went on until a rate on each side was worse.
      const searched = runs.filter(run => run.optimizer === 'adamW' && isSearch(run)).map(({asked}) => Number(asked));
      const [best] = present(adamW).rates;
      expect(Math.min(...searched)).toBeLessThan(present(best));
      expect(Math.max(...searched)).toBeGreaterThan(present(best));
      expect(cellsOf(present(prodigy))['memory']).toBe('4');
    });
  }
});
