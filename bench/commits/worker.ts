// Measures steps of one commit's optimizers when `run.ts` asks for it, in a process of its own.
import '@tensorflow/tfjs-backend-wasm';

import * as tf from '@tensorflow/tfjs';

import * as library from '../../src';
import {processorTimeOf} from '../processor_time';
import type {Answer, Case, Question} from './questions';

/** Steps before the first measurement, so that everything is compiled. */
const WARM_UP = 300;

type Steps = (steps: number) => number;

interface Measuring {
  readonly run: Steps;
  readonly dispose: () => void;
}

/** What the other commit exports can differ from what the types say. */
function applierOf(made: unknown): (gradients: Parameters<tf.Optimizer['applyGradients']>[0]) => void {
  if (!(made instanceof tf.Optimizer)) throw new Error('The factory must return an optimizer.');
  return gradients => {
    made.applyGradients(gradients);
  };
}

function measuring({optimizer: name, variables: count, size}: Case): Measuring | undefined {
  const make: unknown = Reflect.get(library, name);
  if (typeof make !== 'function') return undefined;
  const made: unknown = Reflect.apply(make, undefined, [1e-3]);
  const apply = applierOf(made);
  const variables = Array.from({length: count}, () => tf.tidy(() => tf.variable(tf.randomNormal([size]))));
  const gradients = variables.map(({name, shape}) => ({name, tensor: tf.randomNormal(shape)}));
  const run: Steps = steps =>
    processorTimeOf(() => {
      for (let i = 0; i < steps; i++) apply(gradients);
    }) / steps;
  run(WARM_UP);
  return {
    // What the other process computed is in the caches now, so two steps are not measured.
    run: steps => {
      run(2);
      return run(steps);
    },
    dispose: () => {
      if (made instanceof tf.Optimizer) made.dispose();
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
