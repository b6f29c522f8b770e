import {numberFrom, valuesOf, wholeFrom} from '../digits/command_line';

/** What the command is asked to do. */
export interface Options {
  readonly shots: number;
  readonly steps: number;
  readonly lrs: readonly number[];
  readonly seeds: number;
  readonly seed: number;
  readonly digits: number;
  readonly epochs: number;
}

/** Of about 5000 digits 0 to 4; the others tell how well they are read. */
export const MOST_DIGITS = 4000;

const DEFAULTS = {shots: '3', steps: '30', lrs: '0.003,0.01,0.03', seeds: '8', seed: '1', digits: '4000', epochs: '3'};

export const HELP = `npx tsx examples/fine_tuning.ts [options]

Trains a small convolution net on the digits 0 to 4, of which there are many, and then fine-tunes it on a few examples of 5 to 9: first the new head
alone, then all layers, each with a learning rate of its own. Beside it the same net learns the same few examples from scratch in as many steps.
The numbers are means and standard deviations over several seeds; a seed decides the examples, their order and the initial weights.

  --shots N      examples of each of the digits 5 to 9, from 1 to 100 (default ${DEFAULTS.shots})
  --steps N      steps on these examples, all of them in each, from 2 (default ${DEFAULTS.steps})
  --lrs A,B      learning rates to try; each way gets the one with which it reads 500 other digits best (default ${DEFAULTS.lrs})
  --seeds N      how many seeds, from 2 (default ${DEFAULTS.seeds})
  --seed N       the first of them (default ${DEFAULTS.seed})
  --digits N     how many digits 0 to 4 to train on before, from 64 to ${MOST_DIGITS} (default ${DEFAULTS.digits})
  --epochs N     how often (default ${DEFAULTS.epochs})
  --help
`;

/**
 * @returns the options, or 'help' where that is asked for.
 * @throws UsageError for an unknown option, or a value that it can't have.
 */
export function optionsFrom(args: readonly string[]): Options | 'help' {
  const values = valuesOf(args, DEFAULTS);
  if (values === 'help') return 'help';
  return {
    shots: wholeFrom('shots', values.shots, 1, 100),
    steps: wholeFrom('steps', values.steps, 2),
    lrs: values.lrs
      .split(',')
      .map(lr =>
        numberFrom(
          'lrs',
          lr,
          'positive numbers with commas between them',
          value => value > 0 && Number.isFinite(value),
        ),
      ),
    seeds: wholeFrom('seeds', values.seeds, 2),
    seed: wholeFrom('seed', values.seed, 0),
    digits: wholeFrom('digits', values.digits, 64, MOST_DIGITS),
    epochs: wholeFrom('epochs', values.epochs, 1),
  };
}
