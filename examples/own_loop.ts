/**
 * A custom training loop, without tfjs-layers: a generator learns to place points on a ring of eight clusters, and a
 * critic learns to tell them from real points (a GAN).
 *
 * There are two optimizers. Each has the variables of its own network in `params`. The critic's optimizer adds up the
 * gradients of two batches with `backward` before it steps. The generator's optimizer makes one step per call of
 * `minimize`, and keeps an average of the weights (`ema`), which is in use between `eval()` and `train()`. Halfway,
 * everything is saved. The loaded copy trains on in parallel and reaches the same numbers.
 *
 * The losses compare real and generated points in pairs, because then the generator leaves out fewer clusters. Source:
 * Jolicoeur-Martineau, The relativistic discriminator, 2019, https://arxiv.org/abs/1807.00734.
 *
 * npx tsx examples/own_loop.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// Without this import, products with transposed matrices are slow on WASM, and backpropagation needs many of them.
import 'tfjs-optim/wasm-training';

import {join} from 'node:path';

import * as tf from '@tensorflow/tfjs';
import {adam, ema, flatCos, loadOptimizer, type Optimizer, saveOptimizer} from 'tfjs-optim';
import {fileSystem} from 'tfjs-optim/file-system';

import {folder, positive, run, whole} from './support/command_line';
import {difference} from './support/difference';
import {at, defined, numberIn} from './support/lookup';
import {withProgress} from './support/progress';
import {CLUSTERS, type Fit, fitOf, picture, ringPoints} from './support/ring';

const OPTIONS = {
  steps: whole(3000, 'steps of the generator', 2),
  lr: positive(3e-3, 'learning rate of both optimizers'),
  seed: whole(1, 'decides the initial weights and the points', 0),
  out: folder('out/own_loop', 'where to save networks and optimizers halfway'),
};
const BATCH = 128;
const NOISE = 4;

/** A network with two hidden layers, and its optimizer. `net` has kernel and bias of each layer in turn. */
interface Player {
  readonly net: readonly tf.Variable[];
  readonly opt: Optimizer;
}

interface Gan {
  readonly generator: Player;
  readonly critic: Player;
}

function newNet(name: string, inputs: number, outputs: number, seed: number): tf.Variable[] {
  const sizes = [inputs, 64, 64, outputs];
  return sizes.slice(1).flatMap((size, i) => {
    const before = at(sizes, i);
    const kernel = tf.randomNormal([before, size], 0, Math.sqrt(2 / before), 'float32', seed + i);
    return [tf.variable(kernel, true, `${name}/kernel${i}`), tf.variable(tf.zeros([size]), true, `${name}/bias${i}`)];
  });
}

function newGan(lr: number, steps: number, seed: number): Gan {
  const hypers = {mom: 0.5, sqrMom: 0.99, eps: 1e-8, wd: 0};
  const [made, judging] = [newNet('generator', NOISE, 2, seed), newNet('critic', 2, 1, seed + 10)];
  const generator = {net: made, opt: ema(adam(lr, {...hypers, params: made}), {decay: 0.99})};
  const critic = {net: judging, opt: adam(lr, {...hypers, params: judging})};
  // A schedule counts the optimizer's own steps and is saved with it.
  for (const {opt} of [generator, critic]) opt.setSchedule(flatCos({pctStart: 0.5}), {steps});
  return {generator, critic};
}

function output({net}: Player, input: tf.Tensor): tf.Tensor {
  let x = input;
  for (let i = 0; i < net.length; i += 2) {
    const [kernel, bias] = net.slice(i, i + 2);
    if (kernel === undefined || bias === undefined) throw new Error('A network must have one bias per kernel.');
    x = x.matMul(kernel).add(bias);
    if (i + 2 < net.length) x = x.relu();
  }
  return x;
}

/** `n` points from the generator. */
function fake(generator: Player, n: number, seed: number): tf.Tensor {
  return output(generator, tf.randomNormal([n, NOISE], 0, 1, 'float32', seed + 2));
}

/** The mean of softplus(worse - better) over pairs of scores. It is small when the critic scores `better` higher. */
function preference(critic: Player, better: tf.Tensor, worse: tf.Tensor): tf.Scalar {
  return output(critic, worse).sub(output(critic, better)).softplus().mean<tf.Scalar>();
}

/** Makes one step of each player. @returns their losses. */
function step({generator, critic}: Gan, seed: number): {critic: number; generator: number} {
  const real = (shift: number) => ringPoints(BATCH, seed + shift);
  const made = (shift: number) => fake(generator, BATCH, seed + shift);
  // Gradients add up over calls of `backward`, until `zeroGrad`.
  const first = critic.opt.backward(() => preference(critic, real(0), made(0)).div(2));
  const second = critic.opt.backward(() => preference(critic, real(3), made(3)).div(2));
  critic.opt.step();
  critic.opt.zeroGrad();
  const third = generator.opt.minimize(() => preference(critic, made(6), real(6)), true);
  const losses = [first, second, defined(third, 'loss of the generator')];
  const numbers = losses.map(numberIn);
  tf.dispose(losses);
  return {critic: at(numbers, 0) + at(numbers, 1), generator: at(numbers, 2)};
}

async function save({net, opt}: Player, place: string): Promise<void> {
  const {data, specs} = await tf.io.encodeWeights(net.map(variable => ({name: variable.name, tensor: variable})));
  await fileSystem(join(place, 'net')).save({weightSpecs: specs, weightData: data});
  await saveOptimizer(opt, fileSystem(join(place, 'optimizer')));
}

async function load(place: string): Promise<Player> {
  const {weightData, weightSpecs} = await fileSystem(join(place, 'net')).load();
  const weights = tf.io.decodeWeights(
    tf.io.CompositeArrayBuffer.join(defined(weightData, `weightData in ${place}`)),
    defined(weightSpecs, `weightSpecs in ${place}`),
  );
  // The names must differ from names in use. The optimizer finds its variables by the name before the suffix.
  const net = Object.entries(weights).map(([name, weight]) => tf.variable(weight, true, `${name}_1`));
  return {net, opt: await loadOptimizer(fileSystem(join(place, 'optimizer')), {params: net})};
}

/** Points from the generator with the average of its weights. */
function sample({generator}: Gan, seed: number): tf.Tensor {
  generator.opt.eval();
  const points = tf.tidy(() => fake(generator, 1000, seed));
  generator.opt.train();
  return points;
}

await run(
  'own_loop.ts',
  'Trains a GAN on points of a ring, in a custom loop.',
  OPTIONS,
  async ({steps, lr, seed, out}) => {
    await tf.setBackend('wasm');
    const half = Math.floor(steps / 2);
    const gan = newGan(lr, steps, seed);
    const before = fitOf(sample(gan, seed));
    const seedOf = (i: number) => 1000 * (seed + 1) + 10 * i;
    const twin = await withProgress(2 * steps - half, async advance => {
      const train = (who: Gan, i: number, name: string) => {
        const losses = step(who, seedOf(i));
        advance(`${name} | critic ${losses.critic.toFixed(3)} | generator ${losses.generator.toFixed(3)}`);
      };
      for (let i = 0; i < steps; i++) {
        if (i === half)
          await Promise.all([save(gan.generator, join(out, 'generator')), save(gan.critic, join(out, 'critic'))]);
        train(gan, i, 'first');
      }
      const loaded = {generator: await load(join(out, 'generator')), critic: await load(join(out, 'critic'))};
      for (let i = half; i < steps; i++) train(loaded, i, 'loaded');
      return loaded;
    });
    const points = sample(gan, seed);
    const largest = difference(gan.generator.net, twin.generator.net);
    const inWords = ({share, covered}: Fit) =>
      `${(100 * share).toFixed(1)} % of the points are in a cluster, ${covered} of ${CLUSTERS} clusters are covered`;
    console.log(`
${picture(points)}

before training: ${inWords(before)}
after ${steps} steps: ${inWords(fitOf(points))}
saved after ${half} steps, loaded and trained on, the generator's weights differ by ${largest} at most
`);
  },
);
