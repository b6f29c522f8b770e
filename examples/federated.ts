/**
 * Federated training: a server and several clients, each a process of its own, over sockets of this machine. It shows
 * the protocol; it is not an engine: there is no encryption, no authentication and no other machine.
 *
 * Each client has its own part of the digits, which never leaves it. In each round,
 *
 * 1. the server sends its weights w to all clients, as a file in the format of safetensors;
 * 2. a client replaces its weights, calls `opt.rebase()`, trains, and sends its weights back. Its moments stay;
 * 3. the server computes the mean of the clients' weights, by their numbers of digits, and makes a step of its own
 *    optimizer with the pseudo-gradient w - mean.
 *
 * With `sgd` at rate 1 the step gives the mean: FedAvg (McMahan et al., Communication-Efficient Learning of Deep
 * Networks from Decentralized Data, 2017). With `adam` it is FedAdam (Reddi et al., Adaptive Federated Optimization,
 * 2021), with the paper's values mom 0.9, sqrMom 0.99 and eps 1e-3. The paper does not debias; `adam` does.
 *
 * If a client dies, or is silent for too long, the training goes on with the others. If none is left, it ends with an
 * error.
 *
 * npx tsx examples/federated.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';
import {adam, type Optimizer, sgd} from 'tfjs-optim';
import type {TensorFile} from 'tfjs-optim/interchange';

import {loadDigits} from './digits/data';
import {scoreOf} from './digits/score';
import {Clients, NoClientLeft} from './federated/server';
import {network, tensorsOf, weightsOf} from './federated/weights';
import {choice, positive, run, whole} from './support/command_line';
import {at} from './support/lookup';

const OPTIONS = {
  rounds: whole(10, 'how many rounds', 1),
  clients: whole(3, 'how many client processes', 1, 16),
  'server-optimizer': choice('fedavg', "the server's step", ['fedavg', 'fedadam']),
  'server-lr': positive(0.01, "the server's learning rate with fedadam"),
  digits: whole(3000, 'how many digits all clients together train on (2000 others validate)', 64, 8000),
  epochs: whole(1, 'how many epochs a client trains in a round', 1),
  lr: positive(1e-3, 'learning rate of the clients'),
  patience: whole(300, 'after how many seconds without an answer a client is left out', 1, 86_400),
  seed: whole(1, 'decides the initial weights and the parts of the digits', 0),
};

/** Makes a step with the pseudo-gradient: the weights less the mean of those that the clients sent. */
function step(opt: Optimizer, model: tf.LayersModel, answers: readonly TensorFile[]): void {
  tf.tidy(() => {
    const shares = answers.map(({metadata}) => Number(metadata['digits']));
    const total = shares.reduce((a, b) => a + b);
    const weights = answers.map(answer => tensorsOf(model, answer));
    const gradients = opt.allParams().map(({variable}, i) => {
      const parts = weights.map((of, client) => at(of, i).mul(at(shares, client) / total));
      return {name: variable.name, tensor: variable.sub(tf.stack(parts).sum(0))};
    });
    opt.applyGradients(gradients);
  });
}

await run(
  'federated.ts',
  'Trains on handwritten digits in rounds: a server process and several client processes, over sockets.',
  OPTIONS,
  async ({rounds, clients: count, digits, epochs, lr, patience, seed, ...server}) => {
    await tf.setBackend('wasm');
    const {validation} = await loadDigits(digits, seed);
    const model = network(seed);
    const params = [model];
    const opt =
      server['server-optimizer'] === 'fedavg'
        ? sgd(1, {params})
        : adam(server['server-lr'], {mom: 0.9, sqrMom: 0.99, eps: 1e-3, wd: 0, params});
    model.compile({optimizer: opt, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
    const accuracyInWords = async () => {
      const {accuracy} = await scoreOf(model, validation);
      return `validation accuracy ${(100 * accuracy).toFixed(2)} %`;
    };

    const clients = await Clients.start(count, [count, digits, epochs, lr, seed], patience, (client, why) => {
      console.error(`Client ${client} is left out: ${why}. The training goes on with the others.`);
    });
    try {
      for (const [client, pid] of clients.connected) console.log(`client ${client}: process ${pid}`);
      console.log(`before training: ${await accuracyInWords()}`);
      for (let round = 1; round <= rounds; round++) {
        const answers = await clients.round(round, await weightsOf(model));
        step(opt, model, answers);
        console.log(`round ${round} of ${rounds} (clients: ${answers.length}): ${await accuracyInWords()}`);
      }
    } catch (error) {
      if (!(error instanceof NoClientLeft)) throw error;
      console.error(error.message);
      process.exitCode = 1;
    } finally {
      await clients.end();
    }
  },
);
