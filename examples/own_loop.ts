/**
 * A training loop of one's own, without layers: a generator learns to place points on a ring of eight clusters,
 * against a critic that tells them from real ones (a GAN).
 *
 * Two optimizers, each with the variables of its own net in `params`. The critic's adds the gradients of two batches
 * up, by `backward`, before it steps; the generator's makes a step a call by `minimize`, and keeps an average of the
 * weights (`ema`), shown between `eval()` and `train()`. Halfway everything is saved; what is loaded from there trains
 * on beside it, and comes to the same numbers.
 *
 * The losses compare real and generated points in pairs, as that leaves out fewer clusters. Source:
 * Jolicoeur-Martineau, The relativistic discriminator, 2019, https://arxiv.org/abs/1807.00734.
 *
 * npx tsx examples/own_loop.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// Products of transposed matrices, which backpropagation is full of, are slow on WASM without it.
import 'tfjs-optim/wasm-training';

import {join} from 'node:path';

import * as tf from '@tensorflow/tfjs';
import {adam, ema, flatCos, loadOptimizer, type Optimizer, saveOptimizer} from 'tfjs-optim';
import {fileSystem} from 'tfjs-optim/file-system';

import {folder, positive, run, whole} from './support/command_line';
import {difference} from './support/difference';
import {withProgress} from './support/progress';
import {CLUSTERS, fitOf, picture, ringPoints} from './support/ring';

const OPTIONS = {
  steps: whole(3000, 'steps of the generator', 2),
  lr: positive(3e-3, 'learning rate of both'),
  seed: whole(1, 'of the initial weights and the points', 0),
  out: folder('out/own_loop', 'where to save nets and optimizers in the middle'),
};
const BATCH = 128;
const NOISE = 4;

/** A net with two hidden layers, as its weights, biases, weights and so on, and the optimizer that trains it. */
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
    const before = sizes[i] ?? 0;
    return [
      tf.variable(
        tf.randomNormal([before, size], 0, Math.sqrt(2 / before), 'float32', seed + i),
        true,
        `${name}/kernel${i}`,
      ),
      tf.variable(tf.zeros([size]), true, `${name}/bias${i}`),
    ];
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
    if (kernel === undefined || bias === undefined) throw new Error('A net has a bias for each kernel.');
    x = x.matMul(kernel).add(bias);
    if (i + 2 < net.length) x = x.relu();
  }
  return x;
}

/** Points that the generator makes. */
function fake(generator: Player, n: number, seed: number): tf.Tensor {
  return output(generator, tf.randomNormal([n, NOISE], 0, 1, 'float32', seed + 2));
}

/** The mean of softplus(worse - better) over pairs: small where the critic finds each `better` one better. */
function preference(critic: Player, better: tf.Tensor, worse: tf.Tensor): tf.Scalar {
  return output(critic, worse).sub(output(critic, better)).softplus().mean<tf.Scalar>();
}

/** One step of each player. @returns their losses. */
function step({generator, critic}: Gan, seed: number): {critic: number; generator: number} {
  const real = (shift: number) => ringPoints(BATCH, seed + shift);
  const made = (shift: number) => fake(generator, BATCH, seed + shift);
  // Gradients add up from call to call, until zeroGrad.
  const first = critic.opt.backward(() => preference(critic, real(0), made(0)).div(2));
  const second = critic.opt.backward(() => preference(critic, real(3), made(3)).div(2));
  critic.opt.step();
  critic.opt.zeroGrad();
  const third = generator.opt.minimize(() => preference(critic, made(6), real(6)), true);
  const [a = NaN, b = NaN, c = NaN] = [first, second, third].map(loss => loss?.dataSync()[0]);
  for (const loss of [first, second, third]) loss?.dispose();
  return {critic: a + b, generator: c};
}

async function save({net, opt}: Player, place: string): Promise<void> {
  const {data, specs} = await tf.io.encodeWeights(net.map(variable => ({name: variable.name, tensor: variable})));
  await fileSystem(join(place, 'net')).save({weightSpecs: specs, weightData: data});
  await saveOptimizer(opt, fileSystem(join(place, 'optimizer')));
}

async function load(place: string): Promise<Player> {
  const {weightData = new ArrayBuffer(0), weightSpecs = []} = await fileSystem(join(place, 'net')).load();
  const weights = tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData), weightSpecs);
  // Names have to differ from those in use; the optimizer finds its variables by what is before the suffix.
  const net = Object.entries(weights).map(([name, weight]) => tf.variable(weight, true, `${name}_1`));
  return {net, opt: await loadOptimizer(fileSystem(join(place, 'optimizer')), {params: net})};
}

/** What the average of the generator's weights makes. */
function sample({generator}: Gan, seed: number): tf.Tensor {
  generator.opt.eval();
  const points = tf.tidy(() => fake(generator, 1000, seed));
  generator.opt.train();
  return points;
}

await run(
  'own_loop.ts',
  'Trains a GAN on points of a ring, in a loop of its own.',
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
    const said = ({share, covered}: ReturnType<typeof fitOf>) =>
      `${(100 * share).toFixed(1)} % of the points are in a cluster, ${covered} of ${CLUSTERS} clusters are covered`;
    console.log(`
${picture(points)}

before training: ${said(before)}
after ${steps} steps: ${said(fitOf(points))}
saved after ${half} steps, loaded and trained on, the generator's weights differ by ${difference(gan.generator.net, twin.generator.net)} at most
`);
  },
);
