// Measures steps of one commit's optimizers when `run.ts` asks for it, in a process of its own.
import '@tensorflow/tfjs-backend-wasm';

import * as tf from '@tensorflow/tfjs';

import * as library from '../../src';
import {processorTimeOf} from '../processor_time';
import {randomGradients, randomVariables} from '../random_variables';
import type {Answer, Case, Question} from './questions';

/** Steps before the first measurement, so that everything is compiled. */
const WARM_UP = 300;

type Steps = (steps: number) => number;

interface Measuring {
  readonly run: Steps;
  readonly dispose: () => void;
}

function measuring({optimizer: name, variables: count, size}: Case): Measuring | undefined {
  // What the other commit exports can differ from what the types say.
  const make: unknown = Reflect.get(library, name);
  if (typeof make !== 'function') return undefined;
  const made: unknown = Reflect.apply(make, undefined, [1e-3]);
  if (!(made instanceof tf.Optimizer)) throw new Error(`${name} must return an optimizer.`);
  const variables = randomVariables(Array.from({length: count}, () => [size]));
  const gradients = randomGradients(variables);
  const run: Steps = steps =>
    processorTimeOf(() => {
      for (let i = 0; i < steps; i++) made.applyGradients(gradients);
    }) / steps;
  run(WARM_UP);
  return {
    // What the other process computed is in the caches now, so two steps are not measured.
    run: steps => {
      run(2);
      return run(steps);
    },
    dispose: () => {
      made.dispose();
      tf.dispose([variables, gradients.map(({tensor}) => tensor)]);
    },
  };
}

function answer(value: Answer): void {
  if (process.send === undefined) throw new Error('run.ts must start this program.');
  process.send(value);
}

await tf.setBackend('wasm');
let current: Measuring | undefined;
process.on('message', (question: Question) => {
  if ('steps' in question) {
    if (current === undefined) throw new Error('A case must come before its steps.');
    answer({ms: current.run(question.steps)});
    return;
  }
  current?.dispose();
  current = measuring(question);
  answer({has: current !== undefined});
});
answer({has: true});
