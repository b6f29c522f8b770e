import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';

import {bundledExample} from '../support/example';
import {present} from '../support/present';
import {type Ended, runCommand, TSX} from '../support/run_command';

/** The numbers in the text at the groups of the pattern. */
function numbersIn(text: string, pattern: RegExp): number[] {
  const match = pattern.exec(text);
  if (match === null) throw new Error(`There is no ${String(pattern)} in:\n${text}`);
  return match.slice(1).map(Number);
}

/** The numbers of the row of a table that begins with this. */
function row(stdout: string, name: string): number[] {
  const line = present(stdout.split('\n').find(each => each.startsWith(`${name}  `)));
  const numbers = [...line.slice(name.length).matchAll(/-?\d[\d.]*(?:e-?\d+)?|NaN|Infinity/g)].map(([text]) =>
    Number(text),
  );
  expect(numbers.length).withContext(`the row '${name}' of\n${stdout}`).toBeGreaterThan(3);
  expect(numbers.every(Number.isFinite)).withContext(line).toBeTrue();
  return numbers;
}

/** The loss of an untrained net on ten digits. */
const GUESSING = Math.log(10);

interface Example {
  readonly file: string;
  readonly options: readonly string[];
  /** A short setting. */
  readonly args: readonly string[];
  readonly shows: (stdout: string, again: (...args: readonly string[]) => Promise<Ended>) => void | Promise<void>;
}

const EXAMPLES: readonly Example[] = [
  {
    file: 'char_lm.ts',
    options: ['characters', 'epochs', 'lr', 'units', 'length', 'batch', 'write', 'seed', 'out', 'from'],
    args: ['--characters', '8000', '--units', '24', '--length', '20', '--write', '30', '--out', 'OUT'],
    shows: async (stdout, again) => {
      const [first, last] = numbersIn(
        stdout,
        /training loss +([\d.]+) in the first tenth of the steps, ([\d.]+) in the last/,
      );
      const [before, after] = numbersIn(stdout, /held-out text +([\d.]+) bits per character before, ([\d.]+) after/);
      expect(last).toBeLessThan(present(first));
      expect(after).toBeLessThan(present(before));
      expect(
        numbersIn(stdout, /saved, loaded +([\d.]+) bits per character; its optimizer has made (\d+) steps/),
      ).toEqual([present(after), 13]);
      expect(/after "The ":\n\n(The [^]*)\n\nSaved/.exec(stdout)?.[1]?.length).toBe(34);

      const resumed = await again(
        '--from',
        'OUT',
        '--characters',
        '5000',
        '--length',
        '20',
        '--write',
        '0',
        '--out',
        'OUT',
      );
      expect(resumed.code).withContext(resumed.stderr).toBe(0);
      expect(numbersIn(resumed.stdout, /held-out text +([\d.]+)/)).toEqual([present(after)]);
      expect(numbersIn(resumed.stdout, /has made (\d+) steps/)).toEqual([13 + 8]);
      const missing = await again('--from', 'OUT/nowhere');
      expect(missing.code).toBe(2);
      expect(missing.stderr).toMatch(/^--from: there is no model in '.*nowhere'\./);
    },
  },
  {
    file: 'own_rule.ts',
    options: ['digits', 'epochs', 'lr', 'wd', 'adam', 'seed'],
    args: ['--digits', '320', '--epochs', '2'],
    shows: stdout => {
      expect(stdout).toMatch(/called alone[^]*\[0\.9, 1\.1, 1\]/);
      const [fused, ordinary] = numbersIn(stdout, /opt\.fusedOn: wasm\. .*: (\d+); with fusing turned off: (\d+)\./);
      expect(fused).toBe(1);
      expect(ordinary).toBeGreaterThan(6);
      expect(stdout).toMatch(
        /strokes\/kernel, shapes\/kernel, digit\/kernel:\n[^]*= sign\(%\d+\)[^]*signumAvg ← %\d+/,
      );
      for (const name of ['signum, lr 0.001', 'adam, lr 0.003'])
        expect(row(stdout, name)[0]).withContext(name).toBeLessThan(GUESSING);
    },
  },
  {
    file: 'charts.ts',
    options: ['digits', 'epochs', 'steps', 'seed', 'out'],
    args: ['--digits', '256', '--epochs', '2', '--steps', '40', '--out', 'OUT'],
    shows: async stdout => {
      const folder = present(/Wrote (\S*)plot_lr_find\.svg/.exec(stdout)?.[1]);
      const linesOf = async (file: string) =>
        (await readFile(join(folder, file), 'utf8')).match(/<g[^>]*aria-label="line"/g)?.length;
      expect(await linesOf('plot_lr_find.svg')).toBe(1);
      expect(await linesOf('plot_history.svg')).toBe(2);
      expect(await linesOf('plot_schedule.svg')).toBe(3);
      expect(await readFile(join(folder, 'training.json'), 'utf8')).toMatch(/"val_loss":\[[\d.]+,[\d.]+\]/);
      expect(numbersIn(stdout, /^val_loss ([\d.]+) ([\d.]+)$/m)[1]).toBeLessThan(GUESSING);
    },
  },
  {
    file: 'own_loop.ts',
    options: ['steps', 'lr', 'seed', 'out'],
    args: ['--steps', '240', '--out', 'OUT'],
    shows: stdout => {
      const [before = NaN] = numbersIn(stdout, /before training: ([\d.]+) % of the points are in a cluster/);
      const [after] = numbersIn(
        stdout,
        /after 240 steps: ([\d.]+) % of the points are in a cluster, \d of 8 clusters/,
      );
      expect(after).toBeGreaterThan(before);
      expect(numbersIn(stdout, /saved after 120 steps, .* differ by (\S+) at most/)).toEqual([0]);
    },
  },
  {
    file: 'large_batch_lamb.ts',
    options: ['digits', 'batch', 'steps', 'layers', 'seed', 'seeds'],
    args: ['--digits', '400', '--batch', '200', '--steps', '8', '--layers', '2', '--seeds', '2'],
    shows: async (stdout, again) => {
      for (const name of ['sgd', 'adam', 'lamb'])
        expect(row(stdout, name)[1]).withContext(name).toBeLessThan(GUESSING);
      const ways = present(present(/each with the best of its rates: (.*)\./.exec(stdout))[1]).split(', ');
      expect(ways.length).toBe(3);
      const accuracies = ways.map(way => present(numbersIn(way, /^(?:sgd|adam|lamb) ([\d.]+) % \(lr [\d.]+\)$/)[0]));
      expect(accuracies[0]).toBeGreaterThan(20);
      expect(accuracies).toEqual([...accuracies].sort((a, b) => b - a));

      const few = ['--digits', '64', '--steps', '2', '--layers', '1', '--seeds', '1', '--seed'];
      const [one, same, other] = await Promise.all([again(...few, '3'), again(...few, '3'), again(...few, '4')]);
      expect(one.code).withContext(one.stderr).toBe(0);
      expect(same.stdout).toBe(one.stdout);
      expect(other.stdout).not.toBe(one.stdout);
    },
  },
  {
    file: 'wrapped.ts',
    options: ['digits', 'epochs', 'lr', 'seed'],
    args: ['--digits', '256', '--epochs', '2'],
    shows: stdout => {
      const names = [
        'tf.train.adamax',
        'wrapped',
        'wrapped, decay, one-cycle',
        'the same, lookahead',
        'the same in groups, last epoch frozen',
      ];
      for (const name of names) expect(row(stdout, name)[0]).withContext(name).toBeLessThan(GUESSING);
      expect(numbersIn(stdout, /first two differ by (\S+) at most/)).toEqual([0]);
      const [frozen, head] = numbersIn(
        stdout,
        /convolutions changed by (\S+), those of the last layer by (\S+) at most/,
      );
      expect(frozen).toBe(0);
      expect(head).toBeGreaterThan(0);
      expect(stdout).toMatch(/'strokes\/kernel_\d+' +│ 0 +│ false +│ true/);
    },
  },
];

describe('examples', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(out, {recursive: true}));

  for (const {file, options, args, shows} of EXAMPLES) {
    describe(file, () => {
      let example: Awaited<ReturnType<typeof bundledExample>>;
      beforeAll(async () => {
        example = await bundledExample(basename(file, '.ts'));
      });
      afterAll(() => {
        example.remove();
      });

      it('trains and prints its results', async () => {
        const inOut = (...texts: readonly string[]) =>
          example.run(...texts.map(text => text.replace('OUT', join(out, 'model'))));
        const {code, stdout, stderr} = await inOut(...args);
        expect(code).withContext(stderr).toBe(0);
        expect(stderr).toMatch(/100 % \| /);
        await shows(stdout, inOut);
      });

      it('lists its options', async () => {
        const {code, stdout} = await example.run('--help');
        expect(code).toBe(0);
        expect(stdout).toContain(`npx tsx examples/${file} `);
        for (const option of options) expect(stdout).toContain(`--${option} `);
      });
    });
  }

  // All read their options with the same function.
  it('refuse wrong options with exit code 2', async () => {
    const {code, stderr} = await runCommand(process.execPath, ...TSX, 'examples/own_rule.ts', '--seed', 'lucky');
    expect(code).toBe(2);
    expect(stderr).toBe(
      "--seed must be a whole number from 0; got 'lucky'.\nnpx tsx examples/own_rule.ts --help lists the options.\n",
    );
  });

  it('are listed with their commands', async () => {
    const list = await readFile('examples/README.md', 'utf8');
    const files = (await readdir('examples')).filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'));
    expect(files).toContain('char_lm.ts');
    for (const file of files) expect(list).toContain(`[${file}](${file})`);
    for (const {file} of EXAMPLES) expect(list).toContain(`npx tsx examples/${file}`);
  });
});
