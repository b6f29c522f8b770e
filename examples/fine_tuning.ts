// Compares fine-tuning with training from scratch, on handwritten digits. See HELP in fine_tuning/options.ts.
import '@tensorflow/tfjs-backend-wasm';
// TensorFlow.js alone cannot train convolutions on WASM.
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';

import {runCommand} from './digits/command_line';
import {Progress} from './digits/progress';
import {table} from './digits/table';
import {batchesOf, compare, type Comparison, type Result} from './fine_tuning/comparison';
import {HELP, type Options, optionsFrom} from './fine_tuning/options';
import {meanAndDeviation, meanOf} from './fine_tuning/statistics';
import {at} from './support/lookup';

async function main(options: Options): Promise<void> {
  const {shots, steps, seeds, seed, digits} = options;
  if (!(await tf.setBackend('wasm'))) throw new Error('The backend wasm did not start.');
  console.log(
    `${digits} digits 0 to 4, then ${shots} of each of 5 to 9 in ${steps} steps; seeds ${seed} to ${seed + seeds - 1}`,
  );
  const progress = new Progress(['batch'], batchesOf(options), '');
  let comparison: Comparison;
  try {
    comparison = await compare(options, (stage, logs) => {
      progress.batch('batch', stage, logs);
    });
  } finally {
    progress.stop();
  }
  const {pretrained, results} = comparison;
  const rows = results.map(({way, lr, accuracies}) => [way.name, String(lr), meanAndDeviation(accuracies)]);
  console.log(`\n${table(['', 'lr', 'accuracy on 5 to 9, %'], rows)}\n`);
  console.log(
    `Accuracy: mean ± standard deviation over ${seeds} seeds, on 2000 digits 5 to 9 ` +
      'that were used neither to train nor to choose a learning rate.',
  );
  console.log(`The pretrained networks read ${meanAndDeviation(pretrained)} % of other digits 0 to 4.`);
  console.log(verdict(results));
}

function verdict(results: readonly Result[]): string {
  const tuned = results.at(-1);
  const [scratch] = results
    .filter(({way}) => !way.pretrained)
    .sort((a, b) => meanOf(b.accuracies) - meanOf(a.accuracies));
  if (tuned === undefined || scratch === undefined) throw new Error('The verdict needs two results.');
  const differences = tuned.accuracies.map((accuracy, i) => accuracy - at(scratch.accuracies, i));
  const better = differences.filter(one => one > 0).length;
  return (
    `'${tuned.way.name}' minus '${scratch.way.name}', with the same seed, ` +
    `is ${meanAndDeviation(differences)} points; it is above 0 for ${better} of ${differences.length} seeds.`
  );
}

await runCommand('npx tsx examples/fine_tuning.ts', HELP, optionsFrom, main);
