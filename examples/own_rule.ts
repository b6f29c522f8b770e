/**
 * A custom rule: Signum, in two lines of maths, compared with `adam` on handwritten digits. The package does not have
 * it.
 *
 * With g the gradient, p the parameter and m an average that starts at zero, each step is
 *
 *   m ← mom·m + (1 - mom)·g,   p ← p·(1 - lr·wd) - lr·sign(m)
 *
 * The decay is the package's `weightDecay`, which runs before `signumStep`. Source: Bernstein et al., signSGD:
 * Compressed Optimisation for Non-Convex Problems, 2018, https://arxiv.org/abs/1802.04434. `mom` is 0.9, as there. The
 * rates here had the lowest validation loss of three with seed 1: 3e-4, 1e-3 and 3e-3 for Signum, and 1e-3, 3e-3 and
 * 1e-2 for adam. Another seed or a longer training may want others.
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

const signumStep = callback(
  'signumStep',
  {hypers: {lr: required, mom: 0.9}, state: {signumAvg: zeros}},
  ({p, grad, signumAvg, lr, mom}) => {
    const average = signumAvg.mul(mom).add(grad.mul(1 - mom));
    return {p: p.sub(average.sign().mul(lr)), signumAvg: average};
  },
);

function signum(lr: number, wd: number): Optimizer {
  return new Optimizer([weightDecay, signumStep], {lr, wd});
}

const OPTIONS = {
  digits: whole(8000, 'how many digits to train on (2000 others validate)', 64, 8000),
  epochs: whole(2, 'how many epochs to train', 1),
  lr: positive(1e-3, 'learning rate of Signum'),
  wd: positive(0.1, 'weight decay of Signum'),
  adam: positive(3e-3, 'learning rate of adam'),
  seed: whole(1, 'decides the initial weights and the order of the digits', 0),
};

/** The number of kernels that the backend runs in one step of Signum on variables of these shapes. */
async function kernelsPerStep(shapes: ReadonlyArray<readonly number[]>): Promise<number> {
  const params = shapes.map(shape => tf.variable(tf.ones([...shape])));
  const opt = new Optimizer([weightDecay, signumStep], {lr: 1e-3, wd: 0.1, params});
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
  'Writes Signum as a callback and compares it with adam on handwritten digits.',
  OPTIONS,
  async ({digits, epochs, lr, wd, adam: adamLr, seed}) => {
    await tf.setBackend('wasm');

    // A callback is a function, so it can be called directly. Here it makes one step of three numbers.
    const {p} = signumStep({p: tf.tensor1d([1, 1, 1]), grad: tf.tensor1d([0.01, -20, 0]), lr: 0.1});
    console.log('signumStep, called alone, with p [1, 1, 1], grad [0.01, -20, 0] and lr 0.1:');
    if (p instanceof tf.Tensor) p.print();

    const {training, validation} = await loadDigits(digits, seed);
    const opt = signum(lr, wd);
    const contestants = [
      contestant(`signum, lr ${lr}`, opt, seed),
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
    console.log(await scoreTable(contestants, training, validation));
  },
);
