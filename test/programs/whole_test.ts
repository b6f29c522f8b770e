import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {readResults} from '../../bench/records';
import {BENCH} from '../../bench/whole/report';
import {difference, type Row} from '../../bench/whole/row';
import {present} from '../support/present';
import {runCommand} from '../support/run_command';

/** Runs `npm run bench:whole -- …` as a user does. */
const bench = (...args: readonly string[]) => runCommand('npm', 'run', '--silent', 'bench:whole', '--', ...args);

describe('bench:whole', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(out, {recursive: true}));

  it('measures with --quick, checks the losses, says what cannot train, and repeats no row', async () => {
    const file = join(out, 'figures.json');
    const args = ['--quick', '--seconds', '0.2', '--out', file];
    const {code, stdout, stderr} = await bench(...args);
    expect(code).withContext(stderr).toBe(0);
    expect(stdout).toContain('\nWhole steps on wasm\n');
    expect(stderr).toContain('2 of 2 rows');

    const {runs} = readResults<Row>(file, BENCH);
    const [mlp, lstm] = runs;
    expect(runs.length).toBe(2);
    const names = ['ours', 'tfjs alone', 'tfjs with our kernels', 'jax-js'];
    for (const row of [mlp, lstm]) {
      const {entries, parameters} = present(row);
      expect(parameters).toBeGreaterThan(200_000);
      expect(entries.map(({contestant}) => contestant).slice(0, names.length)).toEqual(names);
      for (const {losses, missing, invalid, ratio} of entries) {
        expect(invalid).toBeUndefined();
        expect(missing === undefined ? losses?.length : 10).toBe(10);
        expect(missing === undefined ? ratio?.runs : 3).toBeGreaterThanOrEqual(3);
      }
    }
    const stock = present(lstm).entries.find(({contestant}) => contestant === 'tfjs alone');
    expect(stock?.missing).toContain('UnsortedSegmentSum');
    expect(stdout).toContain('cannot train: ');

    const before = await readFile(file, 'utf8');
    expect((await bench(...args)).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(before);
    // Its two commands take under a minute on a quiet machine.
  }, 400_000);

  it('lists its options', async () => {
    const {code, stdout} = await bench('--help');
    expect(code).toBe(0);
    for (const option of ['models', 'backends', 'contestants', 'seconds', 'gpu', 'quick', 'out'])
      expect(stdout).toContain(`--${option} `);
  });

  // command_line_test has the other kinds of mistakes.
  it('refuses models that it does not have with exit code 2', async () => {
    const {code, stderr} = await bench('--models', 'VGG');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--models must be part of one of these names: .*; got 'VGG'\.\n.*--help/);
  });

  it('finds losses that differ by more than 1e-3, or that are not finite', () => {
    expect(difference([2.3, 1], [2.302, 0.9991])).toBeUndefined();
    expect(difference([2.3, 1], [2.3, 0.99])).toBe('the loss of step 2 is 1.00000, that of ours 0.990000');
    expect(difference([NaN], [1])).toContain('step 1 is NaN');
  });
});
