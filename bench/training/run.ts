// `npm run bench:training`: measures whole training steps on WASM, with our adam and with tf.train's. `-- --help` lists
// the options.
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';

import * as tf from '@tensorflow/tfjs';

import {commandLine, listed} from '../command_line';
import {Machine} from '../machine';
import {progress, progressEnded} from '../progress';
import {LSTM, MLP_OF_A_MILLION, MOBILE_NET, RES_NET_20} from '../wasm_training/models';
import {ms, print} from '../wasm_training/table';
import {type TrainingRow, trainingRow} from './steps';

const MODELS = [MLP_OF_A_MILLION, RES_NET_20, MOBILE_NET, LSTM];
const HELP = `npm run bench:training [-- options]

Measures whole training steps on WASM with tfjs-optim/wasm-training (forward pass, backpropagation, optimizer, reading
the loss), and the optimizer's part of them. adam of this package and tf.train.adam take turns. Milliseconds are
medians, with the first and third quartile.

  --models TEXT   only models whose name contains TEXT, of${listed(MODELS, 18)}
  --budget MS     approximate milliseconds per model (default 15000)
  --quick         a budget of 2000
  --out FILE      the JSON file for the figures (default bench/results/training.json)
  --help          print this help
`;

const {quick, option} = commandLine(HELP, ['models', 'budget', 'out']);
const models = MODELS.filter(({name}) => name.includes(option('models', '')));
const machine = new Machine();
await tf.setBackend('wasm');
const rows: TrainingRow[] = [];
for (const model of models) {
  progress(rows.length + 1, models.length, model.name);
  rows.push(trainingRow(model, Number(option('budget', quick ? '2000' : '15000'))));
  progressEnded();
}
const ratio = (times: TrainingRow['whole']): string => (times['tf.train'].median / times.ours.median).toFixed(2);
print(
  'Whole training steps, ms, with our adam and with tf.train.adam',
  rows.map(({model, batch, parameters, variables, whole, optimizer}) => ({
    model,
    batch: String(batch),
    parameters: String(parameters),
    variables: String(variables),
    'step, ours': ms(whole.ours),
    'step, tf.train': ms(whole['tf.train']),
    '÷': ratio(whole),
    'optimizer, ours': ms(optimizer.ours),
    'optimizer, tf.train': ms(optimizer['tf.train']),
    'optimizer ÷': ratio(optimizer),
  })),
);
machine.write(option('out', 'bench/results/training.json'), {rows});
