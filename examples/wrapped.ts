/**
 * Adds this package's features to an optimizer of `tf.train`: `OptimWrapper` around Adamax, on handwritten digits.
 *
 * Five networks start from the same weights and see the same batches. `tf.train.adamax` trains the first one directly
 * and the second one in a wrapper; both must reach the same weights. The third adds decay and a one-cycle schedule.
 * The fourth adds `lookahead`. The fifth has parameter groups, each with its own optimizer. In the last epoch its
 * convolutions are frozen, so they need no backpropagation there. Sources: Kingma & Ba, Adam, 2015 (Adamax); Brock et
 * al., FreezeOut, 2017, https://arxiv.org/abs/1706.04983 (freezing towards the end).
 *
 * npx tsx examples/wrapped.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// TensorFlow.js alone cannot train convolutions on WASM.
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';
import {layerGroups, lookahead, oneCycle, type Optimizer, OptimWrapper, weightDecay} from 'tfjs-optim';

import {batchesOf, network} from './digits/contestant';
import {loadDigits} from './digits/data';
import {positive, run, whole} from './support/command_line';
import {contestant, scoreTable, trainInTurn} from './support/contest';
import {difference} from './support/difference';

const OPTIONS = {
  digits: whole(4000, 'how many digits to train on (2000 others validate)', 64, 8000),
  epochs: whole(3, 'how many epochs to train', 2),
  lr: positive(2e-3, 'learning rate of Adamax; the schedules rise to five times this rate'),
  seed: whole(1, 'decides the initial weights and the order of the digits', 0),
};

await run(
  'wrapped.ts',
  'Trains with tf.train.adamax, directly and in OptimWrapper.',
  OPTIONS,
  async ({digits, epochs, lr, seed}) => {
    await tf.setBackend('wasm');
    const {training, validation} = await loadDigits(digits, seed);
    const onCycle = <O extends Optimizer>(opt: O) => {
      opt.setSchedule(oneCycle({lrMax: 5 * lr}), {steps: epochs * batchesOf(training)});
      return opt;
    };
    const decayed = () => new OptimWrapper(tf.train.adamax(lr), {callbacks: [weightDecay], wd: 0.01});

    const plain = contestant('tf.train.adamax', tf.train.adamax(lr), seed);
    const wrapped = contestant('wrapped', new OptimWrapper(tf.train.adamax(lr)), seed);
    const cycled = contestant('wrapped, decay, one-cycle', onCycle(decayed()), seed);
    const ahead = contestant('the same, lookahead', onCycle(lookahead(decayed())), seed);
    const model = network(seed);
    const params = layerGroups(model, ['digit']);
    const groups = onCycle(
      new OptimWrapper(
        params.map(() => tf.train.adamax(lr)),
        {params, callbacks: [weightDecay], wd: 0.01},
      ),
    );
    const frozen = contestant('the same in groups, last epoch frozen', groups, seed, model);
    const contestants = [plain, wrapped, cycled, ahead, frozen];

    await trainInTurn(contestants, training, {last: epochs - 1, seed});
    groups.freeze();
    const before = model.getWeights().map(weight => weight.clone());
    await trainInTurn(contestants, training, {first: epochs, last: epochs, seed});

    console.log(`\n${await scoreTable(contestants, training, validation)}\n`);
    const apart = difference(plain.model.getWeights(), wrapped.model.getWeights());
    console.log(`The weights of the first two differ by ${apart} at most.`);
    const changeOf = (from: number, to: number) =>
      difference(model.getWeights().slice(from, to), before.slice(from, to));
    console.log(
      `While they were frozen, the weights of the convolutions changed by ${changeOf(0, 4)}, ` +
        `those of the last layer by ${changeOf(4, 6).toFixed(4)} at most.`,
    );
    console.log('The parameters of the wrapper with groups:');
    console.table(
      groups
        .summary()
        .map(({variable, group, trainable, decay, hypers}) => ({variable, group, trainable, decay, wd: hypers['wd']})),
    );
  },
);
