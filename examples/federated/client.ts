// A client of examples/federated.ts. The server starts it with these arguments: port, client, clients, digits, epochs,
// lr, seed.
import '@tensorflow/tfjs-backend-wasm';
import 'tfjs-optim/wasm-training';

import {connect} from 'node:net';

import * as tf from '@tensorflow/tfjs';
import {adam, lookahead} from 'tfjs-optim';

import {loadDigits} from '../digits/data';
import {at} from '../support/lookup';
import {Connection} from './connection';
import {network, tensorsOf, weightsOf} from './weights';

const argument = (i: number) => Number(at(process.argv, 2 + i));
const client = argument(1);
const [digits, epochs, seed] = [Math.floor(argument(3) / argument(2)), argument(4), argument(6)];

const socket = connect(argument(0), '127.0.0.1');
const server = new Connection(socket);
server.send({client: String(client)});

await tf.setBackend('wasm');
// Each client has other digits than all others.
const {training} = await loadDigits(digits * argument(2), seed);
const {xs, ys} = training.slice(client * digits, (client + 1) * digits).tensors();

const model = network(seed);
const opt = lookahead(adam(argument(5)));
model.compile({optimizer: opt, loss: 'categoricalCrossentropy'});

for (;;) {
  const message = await server.receive().catch((error: unknown) => {
    console.error(`Client ${client} lost the server: ${error instanceof Error ? error.message : String(error)}.`);
    process.exit(1);
  });
  const round = message.metadata['round'];
  if (round === undefined) break; // the training has ended
  tf.tidy(() => {
    model.setWeights(tensorsOf(model, message));
  });
  // The slow weights start again from the new weights. The moments stay.
  opt.rebase();
  await model.fit(xs, ys, {epochs, batchSize: 32});
  server.send({round, digits: String(digits)}, await weightsOf(model));
}
server.close();
