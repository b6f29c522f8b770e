import {UsageError} from '../../examples/digits/command_line';
import {optionsFrom} from '../../examples/fine_tuning/options';
import {deviationOf, meanOf} from '../../examples/fine_tuning/statistics';
import {bundledExample} from '../support/example';
import {present} from '../support/present';
import type {Ended} from '../support/run_command';

/** The mean accuracy of a way in the table, in percent. */
function meanIn(stdout: string, way: string): number {
  return Number(present(present(new RegExp(`^${way} +[\\d.]+ +([\\d.]+) ± [\\d.]+$`, 'm').exec(stdout))[1]));
}

describe('examples/fine_tuning.ts', () => {
  let start: (...args: readonly string[]) => Promise<Ended>;
  let remove: () => void;
  beforeAll(async () => {
    ({run: start, remove} = await bundledExample('fine_tuning'));
  });
  afterAll(() => {
    remove();
  });

  it('reads the new digits better with frozen layers and a rate for each group than from scratch', async () => {
    const {code, stdout, stderr} = await start('--seeds', '2', '--digits', '1500', '--epochs', '2', '--lrs', '0.01');
    expect(code).withContext(stderr).toBe(0);
    const tuned = meanIn(stdout, 'pretrained, fineTune');
    for (const way of ['from scratch, one rate', 'from scratch, one-cycle'])
      expect(tuned).withContext(`${way}\n${stdout}`).toBeGreaterThan(meanIn(stdout, way));
    expect(stdout).toMatch(/mean ± standard deviation over 2 seeds, on 2000 digits/);
    expect(stderr).toMatch(/100 % \| seed 2, pretrained, fineTune, 0\.01 \| batch loss [\d.]+ accuracy [\d.]+ %/);
  });

  it('gives the same results again', async () => {
    const args = ['--seeds', '2', '--digits', '64', '--epochs', '1', '--steps', '2', '--lrs', '0.01'];
    const {stdout} = await start(...args);
    expect(meanIn(stdout, 'pretrained, fineTune')).toBeGreaterThan(0);
    expect((await start(...args)).stdout).toBe(stdout);
  });

  it('lists its options', async () => {
    const {code, stdout} = await start('--help');
    expect(code).toBe(0);
    for (const option of ['shots', 'steps', 'lrs', 'seeds', 'seed', 'digits', 'epochs'])
      expect(stdout).toContain(`--${option} `);
  });

  it('refuses unknown values with exit code 2', async () => {
    const {code, stderr} = await start('--shots', 'many');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--shots must be a whole number from 1 to 100; got 'many'\.\n.*--help/);
  });

  const mistakes: ReadonlyArray<[args: string[], message: RegExp]> = [
    [['--steps', '1'], /--steps must be a whole number from 2; got '1'/],
    [['--lrs', '0.1,0'], /--lrs must be positive numbers with commas between them; got '0'/],
    [['--seeds', '1'], /--seeds must be a whole number from 2; got '1'/],
    [['--seed=-1'], /--seed must be a whole number from 0; got '-1'/],
    [['--digits', '5000'], /--digits must be a whole number from 64 to 4000; got '5000'/],
    [['--epochs', ''], /--epochs must be a whole number from 1; got ''/],
    [['--shot', '3'], /Unknown option '--shot'/],
  ];
  for (const [args, message] of mistakes) {
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => optionsFrom(args)).toThrowError(UsageError, message);
    });
  }

  it('computes means and standard deviations', () => {
    expect(meanOf([1, 2, 6])).toBe(3);
    expect(deviationOf([1, 2, 6])).toBeCloseTo(Math.sqrt(7), 12);
    expect(deviationOf([1])).toBeNaN();
  });
});
