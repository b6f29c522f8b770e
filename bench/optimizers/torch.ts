import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {adam} from '../../src';
import {randomGradients, randomVariables} from '../random_variables';
import {type Measured, summary, timeOf} from '../wasm_training/measure';
import type {Torch} from '../whole/torch';
import type {Case} from './cases';

/** AdamW's step: ours on wasm, and PyTorch's on the processor. */
interface TorchComparison {
  readonly case: string;
  readonly contestant: string;
  /** Milliseconds per step. */
  readonly step: Measured;
  /** Its time / ours in the same round. */
  readonly ratio: Measured;
}

const HYPERS = {lr: 1e-3, mom: 0.9, sqrMom: 0.999, eps: 1e-8, wd: 0.01};
const TURN_MS = 10;

interface Running {
  readonly name: string;
  /** Makes steps. @returns the milliseconds per step. */
  readonly run: (steps: number) => Promise<number>;
  readonly times: number[];
}

/** One case: ours and PyTorch's implementations take turns. */
async function comparisonsOf(torch: Torch, {name, shapes}: Case, rounds: number): Promise<TorchComparison[]> {
  const variables = randomVariables(shapes);
  const gradients = randomGradients(variables);
  const optimizer = adam(HYPERS.lr, HYPERS);
  const ours: Running = {
    name: 'ours',
    run: steps =>
      Promise.resolve(
        timeOf(() => {
          for (let i = 0; i < steps; i++) optimizer.applyGradients(gradients);
        }) / steps,
      ),
    times: [],
  };
  const all = [ours];
  const trainings = [];
  for (const implementation of ['fused', 'foreach'] as const)
    for (const threads of torch.threads) {
      const training = await torch.startSteps(shapes, HYPERS, implementation, threads);
      trainings.push(training);
      all.push({
        name: `PyTorch's ${implementation}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
        run: async steps => (await training.run(steps)).ms / steps,
        times: [],
      });
    }
  const steps: number[] = [];
  for (const {run} of all) {
    await run(20);
    steps.push(Math.max(1, Math.min(50, Math.floor(TURN_MS / (await run(5))))));
  }
  for (let round = 0; round < rounds; round++)
    for (const [i, {run, times}] of all.entries()) times.push(await run(at(steps, i)));
  trainings.forEach(training => {
    training.dispose();
  });
  optimizer.dispose();
  tf.dispose([...variables, ...gradients.map(({tensor}) => tensor)]);
  return all.map(({name: contestant, times}) => ({
    case: name,
    contestant,
    step: summary(times),
    ratio: summary(times.map((time, i) => time / at(ours.times, i))),
  }));
}

/** Measures AdamW beside PyTorch's `fused` and `foreach`, with one thread and with all cores. */
export async function compareWithTorch(
  torch: Torch,
  cases: readonly Case[],
  rounds: number,
): Promise<TorchComparison[]> {
  if (!(await tf.setBackend('wasm'))) throw new Error('The backend wasm did not start.');
  const found: TorchComparison[] = [];
  for (const each of cases) found.push(...(await comparisonsOf(torch, each, rounds)));
  return found;
}

const digits = (x: number): string => String(Number(x.toPrecision(3)));
const figures = ({median, low, high}: Measured): string => `${digits(median)} (${digits(low)}–${digits(high)})`;

/** For a table in the terminal. */
export const shownTorch = ({case: name, contestant, step, ratio}: TorchComparison): Record<string, string> => ({
  case: name,
  contestant,
  'ms per step': figures(step),
  'times ours': figures(ratio),
});
