/**
 * A custom rule: Lion, in six lines of maths, compared with `adam` on handwritten digits.
 *
 * With g the gradient, p the parameter and m an average that starts at zero, each step is
 *
 *   u = sign(beta1·m + (1 - beta1)·g),   p ← p·(1 - lr·wd) - lr·u,   m ← beta2·m + (1 - beta2)·g
 *
 * The decay is the package's `weightDecay`, which runs before `ownLionStep`. Source: Chen et al., Symbolic Discovery of
 * Optimization Algorithms, 2023, https://arxiv.org/abs/2302.06675. For long training, the paper advises rates that are
 * three to ten times smaller than Adam's. The defaults here did best over two epochs: 3e-4, 1e-3 and 3e-3 were tried
 * for Lion, and 1e-3, 3e-3 and 1e-2 for adam.
 *
 * npx tsx examples/own_rule.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// TensorFlow.js alone cannot train convolutions on WASM.
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';
import {adam, callback, Optimizer, required, weightDecay, zeros} from 'tfjs-optim';

import {loadDigits} from './digits/data';
import {positive, run, whole} from './support/command_line';
import {contestant, scoreTable, trainInTurn} from './support/contest';

const ownLionStep = callback(
  'ownLionStep',
  {hypers: {lr: required, beta1: 0.9, beta2: 0.99}, state: {ownLionAvg: zeros}},
  ({p, grad, ownLionAvg, lr, beta1, beta2}) => {
    const direction = ownLionAvg
      .mul(beta1)
      .add(grad.mul(1 - beta1))
      .sign();
    return {p: p.sub(direction.mul(lr)), ownLionAvg: ownLionAvg.mul(beta2).add(grad.mul(1 - beta2))};
  },
);

function lion(lr: number, wd: number): Optimizer {
  return new Optimizer([weightDecay, ownLionStep], {lr, wd});
}

const OPTIONS = {
  digits: whole(8000, 'how many digits to train on (2000 others validate)', 64, 8000),
  epochs: whole(2, 'how many epochs to train', 1),
  lr: positive(3e-3, 'learning rate of Lion'),
  wd: positive(0.1, 'weight decay of Lion'),
  adam: positive(3e-3, 'learning rate of adam'),
  seed: whole(1, 'decides the initial weights and the order of the digits', 0),
};

/** The number of kernels that the backend runs in one step of Lion on variables of these shapes. */
async function kernelsPerStep(shapes: ReadonlyArray<readonly number[]>): Promise<number> {
  const params = shapes.map(shape => tf.variable(tf.ones([...shape])));
  const opt = new Optimizer([weightDecay, ownLionStep], {lr: 1e-3, wd: 0.1, params});
  const gradients = params.map(({name, shape}) => ({name, tensor: tf.ones(shape)}));
  const {kernels} = await tf.profile(() => {
    opt.applyGradients(gradients);
    return [];
  });
  tf.dispose([params, gradients]);
  opt.dispose();
  return kernels.length;
}

await run(
  'own_rule.ts',
  'Writes Lion as a callback and compares it with adam on handwritten digits.',
  OPTIONS,
  async ({digits, epochs, lr, wd, adam: adamLr, seed}) => {
    await tf.setBackend('wasm');

    // A callback is a function, so it can be called directly. Here it makes one step of three numbers.
    const {p} = ownLionStep({p: tf.tensor1d([1, 1, 1]), grad: tf.tensor1d([0.01, -20, 0]), lr: 0.1});
    console.log('ownLionStep, called alone, with p [1, 1, 1], grad [0.01, -20, 0] and lr 0.1:');
    if (p instanceof tf.Tensor) p.print();

    const {training, validation} = await loadDigits(digits, seed);
    const opt = lion(lr, wd);
    const contestants = [
      contestant(`lion, lr ${lr}`, opt, seed),
      contestant(`adam, lr ${adamLr}`, adam(adamLr), seed),
    ];
    await trainInTurn(contestants, training, {last: epochs, seed});

    const shapes = opt.allParams().map(({variable}) => variable.shape);
    const count = shapes.length;
    const {fusedOn} = opt;
    const fused = await kernelsPerStep(shapes);
    tf.env().set('OPTIM_FUSING', false);
    const ordinary = await kernelsPerStep(shapes);
    console.log(`
opt.fusedOn: ${fusedOn}. Kernels per step on ${count} such variables: ${fused}; with fusing turned off: ${ordinary}.
opt.graph(), for each class of parameters. $0, $1 and so on are numbers from the host:

${opt.graph()}
`);
    console.log(scoreTable(contestants, training, validation));
  },
);
