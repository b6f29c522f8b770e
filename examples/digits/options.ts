import {parseArgs} from 'node:util';

import {optimizers} from 'tfjs-optim';

import {aboutOptimizer, optimizerLines} from '../support/about_optimizers';
import {numberFrom, oneOf, valuesOf, wholeFrom} from './command_line';
import {ratesFor} from './rates';

type Factory = (typeof optimizers)[number];

const BACKENDS = ['wasm', 'webgpu', 'cpu'] as const;
const NAMES: readonly string[] = optimizers.map(({name}) => name);

/** The options of the command. */
export interface Options {
  readonly optimizer: Factory;
  readonly lr: number;
  /** The learning rate of tf.train.adam. */
  readonly adamLr: number;
  readonly epochs: number;
  readonly digits: number;
  readonly backend: (typeof BACKENDS)[number];
  readonly seed: number;
  readonly out: string;
}

const DEFAULTS = {
  optimizer: 'ranger',
  lr: '',
  epochs: '6',
  digits: '8000',
  backend: 'wasm',
  seed: '1',
  out: 'out',
};

/** The constant rate that suits `tf.train.adam` on this network. */
const ADAM_LR = 0.005;

const HELP = `npm start [-- options]

Trains a small convolutional network to read handwritten digits, with an optimizer of tfjs-optim and with
tf.train.adam. Both start from the same weights and use the same batches. Then saves the first model with its
optimizer, loads it and trains it for one more epoch.

  --optimizer NAME   one of those below (default ${DEFAULTS.optimizer}); with --help, explains it
  --lr NUMBER        learning rate of both optimizers (default: for each, one that suits it on this network;
                     ${ADAM_LR} for tf.train.adam)
  --epochs N         epochs before saving (default ${DEFAULTS.epochs})
  --digits N         how many of the 10000 digits to train on, from 64 to 8000; 2000 others validate
                     (default ${DEFAULTS.digits})
  --backend NAME     ${BACKENDS.join(', ')} (default ${DEFAULTS.backend}); webgpu is the machine's graphics card, see
                     docs/node_gpu.md; cpu takes minutes per epoch
  --seed N           decides the initial weights and the order of the digits (default ${DEFAULTS.seed})
  --out FOLDER       where to write model/model.json, model/weights.bin and loss.svg (default ${DEFAULTS.out})
  --help             print this help

The optimizers, and what each is for (docs/choosing.md compares them on four tasks):
${optimizerLines(NAMES, 2)}
`;

/** The help; with a known --optimizer, what it is for, what it costs and when not to use it. */
export function helpFor(args: readonly string[]): string {
  const {optimizer} = parseArgs({args: [...args], options: {optimizer: {type: 'string'}}, strict: false}).values;
  return typeof optimizer === 'string' && NAMES.includes(optimizer) ? aboutOptimizer(optimizer) : HELP;
}

/**
 * @returns the options, or 'help' if the command line has --help.
 * @throws UsageError for an unknown option or an invalid value.
 */
export function optionsFrom(args: readonly string[]): Options | 'help' {
  const values = valuesOf(args, DEFAULTS);
  if (values === 'help') return 'help';
  const optimizer = oneOf('optimizer', optimizers, ({name}) => name, values.optimizer);
  const lr =
    values.lr === DEFAULTS.lr
      ? undefined
      : numberFrom('lr', values.lr, 'a positive number', given => given > 0 && Number.isFinite(given));
  return {
    optimizer,
    lr: lr ?? ratesFor(optimizer.name).constant,
    adamLr: lr ?? ADAM_LR,
    epochs: wholeFrom('epochs', values.epochs, 1),
    digits: wholeFrom('digits', values.digits, 64, 8000),
    backend: oneOf('backend', BACKENDS, name => name, values.backend),
    seed: wholeFrom('seed', values.seed, 0),
    out: values.out,
  };
}
