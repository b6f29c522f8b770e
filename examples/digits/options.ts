import {optimizers} from 'tfjs-optim';

import {numberFrom, oneOf, valuesOf, wholeFrom} from './command_line';

type Factory = (typeof optimizers)[number];

const BACKENDS = ['wasm', 'cpu'] as const;
const NAMES = optimizers.map(({name}) => name);

/** The options of the command. */
export interface Options {
  readonly optimizer: Factory;
  readonly lr: number;
  readonly epochs: number;
  readonly digits: number;
  readonly backend: (typeof BACKENDS)[number];
  readonly seed: number;
  readonly out: string;
}

const DEFAULTS = {
  optimizer: 'ranger',
  lr: '0.005',
  epochs: '6',
  digits: '8000',
  backend: 'wasm',
  seed: '1',
  out: 'out',
};

export const HELP = `npm start [-- options]

Trains a small convolutional network to read handwritten digits, with an optimizer of tfjs-optim and with
tf.train.adam. Both start from the same weights and use the same batches and the same learning rate. Then saves the
first model with its optimizer, loads it and trains it for one more epoch.

  --optimizer NAME   one of ${NAMES.join(', ')}
                     (default ${DEFAULTS.optimizer})
  --lr NUMBER        learning rate of both optimizers (default ${DEFAULTS.lr})
  --epochs N         epochs before saving (default ${DEFAULTS.epochs})
  --digits N         how many of the 10000 digits to train on, from 64 to 8000; 2000 others validate
                     (default ${DEFAULTS.digits})
  --backend NAME     ${BACKENDS.join(', ')} (default ${DEFAULTS.backend}; cpu takes minutes per epoch)
  --seed N           decides the initial weights and the order of the digits (default ${DEFAULTS.seed})
  --out FOLDER       where to write model/model.json, model/weights.bin and loss.svg (default ${DEFAULTS.out})
  --help             print this help
`;

/**
 * @returns the options, or 'help' if the command line has --help.
 * @throws UsageError for an unknown option or an invalid value.
 */
export function optionsFrom(args: readonly string[]): Options | 'help' {
  const values = valuesOf(args, DEFAULTS);
  if (values === 'help') return 'help';
  return {
    optimizer: oneOf('optimizer', optimizers, ({name}) => name, values.optimizer),
    lr: numberFrom('lr', values.lr, 'a positive number', lr => lr > 0 && Number.isFinite(lr)),
    epochs: wholeFrom('epochs', values.epochs, 1),
    digits: wholeFrom('digits', values.digits, 64, 8000),
    backend: oneOf('backend', BACKENDS, name => name, values.backend),
    seed: wholeFrom('seed', values.seed, 0),
    out: values.out,
  };
}
