import {numberFrom, valuesOf, wholeFrom} from '../digits/command_line';

/** The options of the command. */
export interface Options {
  readonly shots: number;
  readonly steps: number;
  readonly lrs: readonly number[];
  readonly seeds: number;
  readonly seed: number;
  readonly digits: number;
  readonly epochs: number;
}

/** The most digits 0 to 4 to train on. There are about 5000; the others measure the accuracy. */
export const MOST_DIGITS = 4000;

const DEFAULTS = {shots: '3', steps: '30', lrs: '0.003,0.01,0.03', seeds: '8', seed: '1', digits: '4000', epochs: '3'};

export const HELP = `npx tsx examples/fine_tuning.ts [options]

Trains a small convolutional network on many examples of the digits 0 to 4, and then fine-tunes it on a few examples
of 5 to 9: first the new head alone, then all layers, each with its own learning rate. To compare, the same network
learns the same few examples from scratch, in the same number of steps. The figures are means and standard deviations
over several seeds. A seed decides the examples, their order and the initial weights.

  --shots N      examples of each of the digits 5 to 9, from 1 to 100 (default ${DEFAULTS.shots})
  --steps N      steps on these examples, from 2; each step uses all of them (default ${DEFAULTS.steps})
  --lrs A,B      learning rates to try; for each way, the one that reads 500 other digits best is used
                 (default ${DEFAULTS.lrs})
  --seeds N      how many seeds, from 2 (default ${DEFAULTS.seeds})
  --seed N       the first seed (default ${DEFAULTS.seed})
  --digits N     how many digits 0 to 4 to pretrain on, from 64 to ${MOST_DIGITS} (default ${DEFAULTS.digits})
  --epochs N     epochs of pretraining (default ${DEFAULTS.epochs})
  --help         print this help
`;

/**
 * @returns the options, or 'help' if the command line has --help.
 * @throws UsageError for an unknown option or an invalid value.
 */
export function optionsFrom(args: readonly string[]): Options | 'help' {
  const values = valuesOf(args, DEFAULTS);
  if (values === 'help') return 'help';
  return {
    shots: wholeFrom('shots', values.shots, 1, 100),
    steps: wholeFrom('steps', values.steps, 2),
    lrs: values.lrs.split(',').map(lr => numberFrom('lrs', lr, 'positive numbers with commas between them', isRate)),
    seeds: wholeFrom('seeds', values.seeds, 2),
    seed: wholeFrom('seed', values.seed, 0),
    digits: wholeFrom('digits', values.digits, 64, MOST_DIGITS),
    epochs: wholeFrom('epochs', values.epochs, 1),
  };
}

function isRate(value: number): boolean {
  return value > 0 && Number.isFinite(value);
}
