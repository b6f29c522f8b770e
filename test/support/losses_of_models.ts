// A program of its own, because it loads many copies of TensorFlow.js. It prints whether the loss of a model is known
// in each.
import {createRequire} from 'node:module';

import {isLossOfModel} from '../../src/optimizer/left_out_variables';
import {tf} from './tfjs';

const load = createRequire(import.meta.url);
const known: Record<string, boolean> = {};

function isTf(x: unknown): x is typeof tf {
  return typeof x === 'object' && x !== null && 'sequential' in x;
}

// Each copy finds the registry of the earlier ones.
console.warn = () => undefined;
await tf.setBackend('cpu');
for (const file of process.argv.slice(2)) {
  const build: unknown = load(file);
  if (!isTf(build)) throw new Error(`${file} is not TensorFlow.js.`);
  const model = build.sequential({
    layers: [build.layers.dense({units: 1, inputShape: [1], name: file.replace(/\W/g, '')})],
  });
  const optimizer = tf.train.sgd(0.1);
  optimizer.minimize = loss => {
    known[file] = isLossOfModel(loss);
    return tf.scalar(0);
  };
  model.compile({optimizer, loss: 'meanSquaredError'});
  await model.trainOnBatch(tf.ones([1, 1]), tf.ones([1, 1]));
}
console.log(JSON.stringify(known));
