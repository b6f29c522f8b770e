import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {Records} from '../../bench/convergence/records';
import {cellsOf, linesOf, timeCell} from '../../bench/convergence/report';
import {defaults, overall, poorDefaults, suggestions} from '../../bench/convergence/summary';
import {TASKS} from '../../bench/convergence/tasks';
import type {StepTime} from '../../bench/convergence/times';
import {pointsOf, type Run} from '../../bench/convergence/trained';
import {present} from '../support/present';

/** A run of 16 steps. Its loss falls evenly from 1 to `loss`; a run without a loss diverged after two steps. */
function run(optimizer: string, asked: number, seed: number, loss: number | null): Run {
  const heldOut =
    loss === null ? [1, 1] : Array.from({length: 16}, (_, i) => Number((1 + ((loss - 1) * i) / 15).toFixed(4)));
  const question = {task: 'digits', optimizer, schedule: 'constant', asked, seed, steps: 16} as const;
  return {...question, lr: asked, heldOut, loss, weightBytes: 100, stateBytes: 200};
}

const ADAM_W = [
  run('adamW', 0.001, 1, 0.7),
  run('adamW', 0.01, 1, 0.4),
  run('adamW', 0.1, 1, null),
  run('adamW', 0.01, 2, 0.4),
  run('adamW', 0.01, 3, 0.2),
  run('adamW', 0.01, 4, 0.3),
];

const TIME: StepTime = {task: 'digits', optimizer: 'adamW', ms: 500, ratio: 1, low: 0.99, high: 1.01, rounds: 15};

describe('the report of bench:convergence', () => {
  it('counts the seeds at the best rate of the search, and not the search itself', () => {
    const [line] = linesOf(ADAM_W, [TIME]);
    expect(present(line).losses).toEqual([0.4, 0.2, 0.3]);
    expect(cellsOf(present(line))).toEqual({
      optimizer: 'adamW',
      schedule: 'constant',
      rate: '0.01',
      loss: '0.3',
      'of all seeds': '0.2 to 0.4',
      "steps to adamW's loss": '16',
      seconds: '8',
      'time per step (× adamW)': '1',
      memory: '2',
    });
  });

  it('says when others reach the median loss of adamW, and marks what diverged or did not reach it', () => {
    const fast = [2, 3, 4].map(seed => run('fast', 1, seed, 0.1));
    const bad = [run('bad', 0.1, 1, null), run('bad', 1, 1, null), run('bad', 0.1, 2, null)];
    const [, first, second] = linesOf([...ADAM_W, ...fast, ...bad], []);
    // 1 - 0.06·i is at most 0.3 from i = 12 on, which is after step 13.
    expect(present(first).stepsToTarget).toEqual([13, 13, 13]);
    expect(present(second).rates).withContext('the lowest rate where all diverge').toEqual([0.1]);
    expect(cellsOf(present(second))).toEqual(
      jasmine.objectContaining({loss: '–', "steps to adamW's loss": '–', seconds: '–'}),
    );
  });

  it('shows the quartiles of a time only where they are far apart', () => {
    expect(timeCell({...TIME, ratio: 1.5, low: 1.45, high: 1.55})).toBe('1.5');
    expect(timeCell({...TIME, ratio: 1.5, low: 1.4, high: 1.7})).toBe('1.5 (1.4 to 1.7)');
    expect(timeCell(undefined)).toBe('–');
  });

  it('leaves out what has no seeds at the best rate yet', () => {
    expect(linesOf(ADAM_W.slice(0, 3), [])).toEqual([]);
  });

  it('measures after the last step, and at most once after each', () => {
    expect(pointsOf({steps: 240}).length).toBe(16);
    expect(pointsOf({steps: 240}).at(-1)).toBe(240);
    expect(pointsOf({steps: 3})).toEqual([1, 2, 3]);
  });
});

describe('the records of bench:convergence', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(folder, {recursive: true}));

  it('are in the file after each run', () => {
    const file = join(folder, 'new', 'figures.json');
    const records = new Records(file);
    const added = ADAM_W.map(one => {
      records.add(one);
      return new Records(file).runs.length;
    });
    expect(added).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Records(file).runs).toEqual(ADAM_W);
  });

  it('replace all times of a task, and leave those of the others', () => {
    const file = join(folder, 'figures.json');
    const records = new Records(file);
    records.add(present(ADAM_W[0]));
    const other = {...TIME, task: 'characters'};
    const later = {...TIME, optimizer: 'sgd', ratio: 0.9};
    records.addTimes('digits', [TIME]);
    records.addTimes('characters', [other]);
    records.addTimes('digits', [later]);
    expect(new Records(file).times).toEqual([other, later]);
    expect(new Records(file).runs).toEqual(ADAM_W.slice(0, 1));
  });

  it('drop the time of each run that files of before have', async () => {
    const file = join(folder, 'before.json');
    const old = {machine: {}, runs: ADAM_W.map(one => ({...one, stepMs: 3}))};
    await writeFile(file, JSON.stringify(old));
    const records = new Records(file);
    expect(records.runs).toEqual(ADAM_W);
    expect(records.times).toEqual([]);
  });

  it('refuse another file', async () => {
    const file = join(folder, 'other.json');
    await writeFile(file, '{"rows": []}');
    expect(() => new Records(file)).toThrowError(/other\.json must hold the results of bench:convergence\. .* --out/);
  });
});

describe('the summary of docs/choosing.md', () => {
  /** A search of three rates around the best one, and a seed at it. */
  const searched = (optimizer: string, task: string, best: number, loss: number): Run[] =>
    [
      run(optimizer, best / 10, 1, 4 * loss),
      run(optimizer, best, 1, loss),
      run(optimizer, best * 10, 1, null),
      run(optimizer, best, 2, loss),
    ].map(one => ({...one, task}));
  const tasks = TASKS.map(({name}) => name);
  const lines = linesOf(
    tasks.flatMap(task => [
      ...searched('adamW', task, 0.001, 0.2),
      ...searched('sgd', task, 0.01, task === 'digits' ? 0.8 : 0.2),
    ]),
    tasks.map(task => ({...TIME, task})),
  );

  it('compares the losses with those of adamW on all tasks', () => {
    const [first, second] = overall(lines);
    expect(present(first)).toEqual(jasmine.objectContaining({optimizer: 'adamW', 'all tasks': '1', digits: '1 c'}));
    // The geometric mean of 4, 1, 1 and 1.
    expect(present(second)).toEqual(
      jasmine.objectContaining({optimizer: 'sgd', digits: '4 c', 'all tasks': '1.41', 'time per step': '–'}),
    );
    expect([first, second].map(row => present(row)['÷ 3'])).toEqual(['4', '4']);
    expect([first, second].map(row => present(row)['× 3'])).toEqual(['diverged', 'diverged']);
  });

  it('finds the rules whose default is poor on all tasks', () => {
    expect(defaults(lines).map(({optimizer, digits}) => [optimizer, digits])).toEqual([
      ['sgd', '× 10: –'],
      ['adamW', '× 1: 1'],
    ]);
    expect(poorDefaults(lines)).toContain('at least ten times the default on all tasks: `sgd`.');
    expect(poorDefaults(lines)).toContain('at most a tenth of the default on all tasks: none.');
  });

  it("compares lrFind's suggestions with the searched rate", () => {
    const found: Run = {...run('adamW at lrFind', 0.002, 2, 0.3), asked: 'lrFind'};
    const [row] = suggestions([...lines, ...linesOf([found], [])]);
    expect(present(row)).toEqual(
      jasmine.objectContaining({task: 'digits', 'suggested ÷ best': '2', 'loss ÷ loss at the best': '1.5'}),
    );
  });
});
