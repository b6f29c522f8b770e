// `npm run bench:callbacks`: what pieces of an optimizer cost, relative to the same optimizer without them.
import '@tensorflow/tfjs-backend-wasm';

import * as tf from '@tensorflow/tfjs';

import type {Optimizer} from '../../src';
import {commandLine, listed} from '../command_line';
import {Machine} from '../machine';
import {progress, progressEnded} from '../progress';
import {randomGradients, randomVariables} from '../random_variables';
import {compared, type Measured, measurementOf, timeOf} from '../wasm_training/measure';
import {COMPARISONS} from './comparisons';

const HELP = `npm run bench:callbacks [-- options]

Measures what a piece of an optimizer costs: steps of two optimizers on the same parameters, which take turns in each
round. Milliseconds are medians, ± half the distance between the quartiles. Each ratio has a limit.

  --backends A,B     of wasm, cpu (default wasm)
  --only TEXT        only comparisons whose name contains TEXT, of${listed(COMPARISONS, 21)}
  --rounds N         rounds per comparison (default 300)
  --quick            30 rounds
  --out FILE         the JSON file for the figures (default bench/results/callbacks.json)
  --help             print this help
`;

const {quick, option, names, count, matching} = commandLine(HELP, ['backends', 'only', 'rounds', 'out']);
const rounds = count('rounds', quick ? 30 : 300);
const chosen = matching('only', COMPARISONS);
const backends = names('backends', ['wasm', 'cpu'], ['wasm']);

/** A step of an optimizer on variables of its own, in milliseconds. */
function stepper(
  optimizer: Optimizer | undefined,
  variables: readonly tf.Variable[],
  beside?: (gradient: tf.Tensor) => tf.Tensor,
): () => number {
  const gradients = randomGradients(variables);
  return () =>
    timeOf(() => {
      optimizer?.applyGradients(gradients);
      if (beside !== undefined) for (const {tensor} of gradients) beside(tensor).dispose();
    });
}

/** How many numbers a step moves per parameter: the parameter and each tensor of its state twice, the gradient once. */
function movedBy(optimizer: Optimizer, [variable]: readonly tf.Variable[]): number {
  if (variable === undefined) throw new Error('A comparison needs a shape.');
  const state = Object.values(optimizer.state.get(variable));
  return 3 + 2 * state.filter(entry => typeof entry === 'object' && entry.size === variable.size).length;
}

const ms = ({median, low, high}: Measured): string => `${median.toFixed(3)} ±${((high - low) / 2).toFixed(3)}`;

const machine = new Machine();
const rows: Array<Readonly<Record<string, string | number>>> = [];
for (const backend of backends) {
  if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} did not start.`);
  for (const {name, shapes, base, other, beside, limit, isPerNumber = false} of chosen) {
    progress(rows.length + 1, backends.length * chosen.length, `${name} on ${backend}`);
    tf.engine().startScope();
    const optimizers = {base: base?.(), other: other()};
    const variables = {base: randomVariables(shapes), other: randomVariables(shapes)};
    const times = compared(
      {base: stepper(optimizers.base, variables.base, beside), other: stepper(optimizers.other, variables.other)},
      rounds,
    );
    const moved =
      isPerNumber && optimizers.base !== undefined
        ? movedBy(optimizers.other, variables.other) / movedBy(optimizers.base, variables.base)
        : 1;
    const [one, two] = [measurementOf(times, 'base'), measurementOf(times, 'other')];
    progressEnded();
    rows.push({
      backend,
      comparison: name,
      'base ms': ms(one),
      'other ms': ms(two),
      ratio: (two.median / one.median / moved).toFixed(2),
      limit,
      'fused on': optimizers.other.fusedOn,
    });
    for (const optimizer of Object.values(optimizers)) optimizer?.dispose();
    tf.engine().endScope();
    tf.disposeVariables();
  }
}
console.table(rows);
machine.write(option('out', 'bench/results/callbacks.json'), {rows});
