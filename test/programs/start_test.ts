import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {optimizerOf, optimizers} from 'tfjs-optim';
import {fileSystem} from 'tfjs-optim/file-system';

import {UsageError} from '../../examples/digits/command_line';
import {helpFor, optionsFrom} from '../../examples/digits/options';
import {ratesFor} from '../../examples/digits/rates';
import {runCommand} from '../support/run_command';
import {tf} from '../support/tfjs';

/** Runs `npm start -- …` as a user does. */
const start = (...args: readonly string[]) => runCommand('npm', 'start', '--silent', '--', ...args);

describe('npm start', () => {
  beforeAll(() => tf.setBackend('cpu'));
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(out, {recursive: true}));

  it('trains, saves, loads, goes on, and shows its results', async () => {
    const args = ['--digits', '128', '--epochs', '2', '--seed', '7', '--out', out];
    const {code, stdout, stderr} = await start(...args);
    expect(code).withContext(stderr).toBe(0);
    expect(stdout).toMatch(/training loss +accuracy +validation loss +accuracy +seconds/);
    for (const row of ['ranger +2', 'tf\\.train\\.adam +2', 'ranger, saved, loaded +3']) {
      expect(stdout).toMatch(new RegExp(`^${row}( +[\\d.]+ +[\\d.]+ %){2} +[\\d.]+$`, 'm'));
    }
    expect(stdout).toMatch(/By validation loss (ranger|tf\.train\.adam) did better/);
    expect(stderr).toMatch(
      /100 % \| epoch 2 \| ranger loss [\d.]+ accuracy [\d.]+ % \| tf\.train\.adam loss [\d.]+ accuracy [\d.]+ %/,
    );
    expect(stdout).toContain('The seconds hardly differ, because the network dominates at this size');
    const picture = await readFile(join(out, 'loss.svg'), 'utf8');
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>\n$/);
    for (const name of ['ranger', 'tf.train.adam'])
      for (const kind of ['training', 'validation']) expect(picture).toContain(`>loss of ${name}, ${kind}</text>`);
    // Two lines, and two in the legend.
    expect(picture.match(/stroke-dasharray="5,4"/g)?.length).toBe(4);
    for (const label of ['step', 'loss (of training: mean of 25 batches)'])
      expect(picture).toContain(`>${label}</text>`);

    const model = await tf.loadLayersModel(fileSystem(join(out, 'model')));
    const optimizer = optimizerOf(model);
    expect(optimizer.iterations).toBe(4);
    expect(optimizer.getClassName()).toBe('TfjsOptimLookahead');
    optimizer.dispose();
    model.dispose();

    const withoutSeconds = (text: string) => text.replace(/ +[\d.]+$/gm, '');
    expect(withoutSeconds((await start(...args)).stdout))
      .withContext('the same seed')
      .toBe(withoutSeconds(stdout));
  });

  it('lists its options', async () => {
    const {code, stdout} = await start('--help');
    expect(code).toBe(0);
    for (const option of ['optimizer', 'lr', 'epochs', 'digits', 'backend', 'seed', 'out'])
      expect(stdout).toContain(`--${option} `);
    for (const {name} of optimizers) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'));
    for (const line of stdout.split('\n')) expect(line.length).withContext(line).toBeLessThan(120);
  });

  it('explains an optimizer with --help: what it is for, what it costs, when not to use it', () => {
    for (const {name} of optimizers) {
      const text = helpFor(['--optimizer', name, '--help']);
      for (const label of ['For', 'Not for', 'Extra memory', 'Defaults', 'Source'])
        expect(text).toMatch(new RegExp(`^  ${label}: +\\S`, 'm'));
      expect(ratesFor(name).constant).withContext(name).toBeGreaterThan(0);
    }
    expect(helpFor(['--optimizer', 'lion'])).toMatch(/^lion\n[^]*learning rate[^]*Small batches/);
    expect(helpFor(['--help'])).toBe(helpFor(['--optimizer', 'leon']));
  });

  it('takes rates that suit each, unless --lr is given', () => {
    const chosen = (...args: string[]) => {
      const options = optionsFrom(args);
      if (options === 'help') throw new Error('These arguments ask for no help.');
      return [options.lr, options.adamLr];
    };
    expect(chosen()).toEqual([0.005, 0.005]);
    expect(chosen('--optimizer', 'prodigy')).toEqual([1, 0.005]);
    expect(chosen('--optimizer', 'prodigy', '--lr', '0.5')).toEqual([0.5, 0.5]);
  });

  it('refuses unknown values with exit code 2', async () => {
    const {code, stderr} = await start('--optimizer', 'adagard', '--out', out);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--optimizer must be one of sgd, rmsProp, adam, .*ranger.*; got 'adagard'\.\n.*--help/);
  });

  const mistakes: ReadonlyArray<[args: string[], message: RegExp]> = [
    [['--lr=-1'], /--lr must be a positive number; got '-1'/],
    [['--lr', 'fast'], /--lr must be a positive number; got 'fast'/],
    [['--lr', '-1'], /^--lr must be a positive number; got '-1'\.$/],
    [['--epochs', '2', '--lr', '-.5', '--seed', '3'], /^--lr must be a positive number; got '-\.5'\.$/],
    [['--lr'], /^--lr needs a value\. Write --lr VALUE\.$/],
    [
      ['--lr', '--epochs', '3'],
      /^--lr needs a value; got '--epochs'\. Write --lr VALUE; if the value begins with a dash, --lr=--epochs\.$/,
    ],
    [['--epochs', '0'], /--epochs must be a whole number from 1; got '0'/],
    [['--digits', '9000'], /--digits must be a whole number from 64 to 8000; got '9000'/],
    [['--backend', 'webgl'], /--backend must be one of wasm, webgpu, cpu; got 'webgl'/],
    [['--seed', '0.5'], /--seed must be a whole number from 0; got '0.5'/],
    [['--momentum', '0.9'], /Unknown option '--momentum'/],
    [['ranger'], /Unexpected argument 'ranger'/],
  ];
  for (const [args, message] of mistakes) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => optionsFrom(args)).toThrowError(UsageError, message);
    });
  }
});
