/**
 * A rule of one's own: Lion, in six lines of maths, trained beside `adam` on handwritten digits.
 *
 * With g the gradient, p the parameter and m an average that starts at zeros, each step is
 *
 *   u = sign(beta1·m + (1 - beta1)·g),   p ← p·(1 - lr·wd) - lr·u,   m ← beta2·m + (1 - beta2)·g
 *
 * The decay is the package's `weightDecay`, placed before. Source: Chen et al., Symbolic Discovery of Optimization
 * Algorithms, 2023, https://arxiv.org/abs/2302.06675. It advises rates three to ten times smaller than Adam's for long
 * training; the defaults here are those that did best in two epochs, of 3e-4, 1e-3 and 3e-3 for Lion, and 1e-3, 3e-3
 * and 1e-2 for adam.
 *
 * npx tsx examples/own_rule.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// Without it, convolutions can't be trained on WASM.
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';
import {adam, callback, Optimizer, required, weightDecay, zeros} from 'tfjs-optim';

import {loadDigits} from './digits/data';
import {positive, run, whole} from './support/command_line';
import {contestant, scoreTable, trainInTurn} from './support/contest';

const lionStep = callback(
  'lionStep',
  {hypers: {lr: required, beta1: 0.9, beta2: 0.99}, state: {lionAvg: zeros}},
  ({p, grad, lionAvg, lr, beta1, beta2}) => {
    const direction = lionAvg
      .mul(beta1)
      .add(grad.mul(1 - beta1))
      .sign();
    return {p: p.sub(direction.mul(lr)), lionAvg: lionAvg.mul(beta2).add(grad.mul(1 - beta2))};
  },
);

function lion(lr: number, wd: number): Optimizer {
  return new Optimizer([weightDecay, lionStep], {lr, wd});
}

const OPTIONS = {
  digits: whole(8000, 'how many digits to train on; 2000 others validate', 64, 8000),
  epochs: whole(2, 'how often', 1),
  lr: positive(3e-3, 'learning rate of Lion'),
  wd: positive(0.1, 'weight decay of Lion'),
  adam: positive(3e-3, 'learning rate of adam'),
  seed: whole(1, 'of the initial weights and the order of the digits', 0),
};

/** How many kernels the backend runs in a step of Lion on variables of these shapes. */
async function kernelsOfAStep(shapes: ReadonlyArray<readonly number[]>): Promise<number> {
  const params = shapes.map(shape => tf.variable(tf.ones([...shape])));
  const opt = new Optimizer([weightDecay, lionStep], {lr: 1e-3, wd: 0.1, params});
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
  'Writes Lion as a callback and trains it beside adam on handwritten digits.',
  OPTIONS,
  async ({digits, epochs, lr, wd, adam: adamLr, seed}) => {
    await tf.setBackend('wasm');

    // A callback is a function: what one step makes of three numbers.
    const {p} = lionStep({p: tf.tensor1d([1, 1, 1]), grad: tf.tensor1d([0.01, -20, 0]), lr: 0.1});
    console.log('lionStep, called alone, with p [1, 1, 1], grad [0.01, -20, 0] and lr 0.1:');
    if (p instanceof tf.Tensor) p.print();

    const {training, validation} = await loadDigits(digits, seed);
    const opt = lion(lr, wd);
    const contestants = [
      contestant(`lion, lr ${lr}`, opt, seed),
      contestant(`adam, lr ${adamLr}`, adam(adamLr), seed),
    ];
    await trainInTurn(contestants, training, {last: epochs, seed});

    const shapes = opt.allParams().map(({variable}) => variable.shape);
    const {fusedOn} = opt;
    const fused = await kernelsOfAStep(shapes);
    tf.env().set('OPTIM_FUSING', false);
    const ordinary = await kernelsOfAStep(shapes);
    console.log(`
opt.fusedOn: ${fusedOn}. Kernels that a step on ${shapes.length} such variables runs: ${fused}; with fusing turned off: ${ordinary}.
opt.graph(), for each class of parameters, $0, $1 and so on being numbers from the host:

${opt.graph()}
`);
    console.log(scoreTable(contestants, training, validation));
  },
);
