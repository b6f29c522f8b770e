import * as tf from '@tensorflow/tfjs';

import {at, logged, numberIn} from '../../examples/support/lookup';
import {adamW, fitOneCycle, lrFind, type Optimizer, withAverages} from '../../src';
import {type Contestant, LR_FIND, type Schedule} from './contestants';
import type {Data, Problem, Task} from './tasks';

/** How often the loss is measured in a run. */
const POINTS = 16;
/** No more examples at once, so that they fit into the caches of a processor. */
const EVALUATED = 100;

/** What decides a run. Equal ones have equal losses. */
export interface Question {
  readonly task: string;
  readonly optimizer: string;
  readonly schedule: Schedule;
  /** The learning rate (the highest one of one-cycle), or `lrFind`. */
  readonly asked: number | typeof LR_FIND;
  readonly seed: number;
  readonly steps: number;
}

/** A run and its results, as in the JSON file. */
export interface Run extends Question {
  /** The learning rate that was trained with. It is null where `lrFind` suggested none; then nothing was trained. */
  readonly lr: number | null;
  /** The loss on held-out data at {@link pointsOf}. A run that diverged has fewer of them. */
  readonly heldOut: readonly number[];
  /** The held-out loss at the end; null where the run diverged: its loss was NaN or infinite. */
  readonly loss: number | null;
  /** Bytes of the weights, and of what the optimizer keeps. */
  readonly weightBytes: number;
  readonly stateBytes: number;
}

/** The steps after which the loss is measured. */
export function pointsOf({steps}: Pick<Question, 'steps'>): number[] {
  return [...new Set(Array.from({length: POINTS}, (_, i) => Math.ceil((steps * (i + 1)) / POINTS)))];
}

/** The loss on held-out data, of the weights that are meant for use. */
function heldOutLoss(model: tf.LayersModel, optimizer: Optimizer, {xs, ys}: Data): number {
  const measure = () => tf.tidy(() => numberIn(at([model.evaluate(xs, ys, {batchSize: EVALUATED})].flat(), 0)));
  const isShowing = optimizer.callbacks.some(({declaration}) => declaration.evaluate !== undefined);
  return isShowing ? withAverages(optimizer, measure) : measure();
}

const rounded = (x: number): number => Number(x.toPrecision(4));

async function suggested({model, training: {xs, ys}}: Problem, {loss, batch}: Task): Promise<number | null> {
  const optimizer = adamW();
  model.compile({optimizer, loss});
  const {suggestion} = await lrFind(model, xs, ys, {batchSize: batch, shuffle: false});
  optimizer.dispose();
  // No suggestion is an answer, too.
  return suggestion === undefined ? null : rounded(suggestion);
}

/** Trains once. */
export async function trained(task: Task, {make}: Contestant, question: Question): Promise<Run> {
  const {asked, seed, steps, schedule} = question;
  const problem = await task.problem(seed, steps);
  const {model, training, heldOut} = problem;
  const points = pointsOf(question);
  const weightBytes = 4 * model.countParams();
  const lr = asked === LR_FIND ? await suggested(problem, task) : asked;
  const measured =
    lr === null
      ? {heldOut: [], loss: null, stateBytes: 0}
      : await fitted(task, problem, make(lr, model), {lr, schedule, points});
  model.dispose();
  tf.dispose([{...training}, {...heldOut}]);
  return {...question, lr, weightBytes, ...measured};
}

async function fitted(
  {loss, batch}: Task,
  {model, training: {xs, ys}, heldOut}: Problem,
  optimizer: Optimizer,
  {lr, schedule, points}: {readonly lr: number; readonly schedule: Schedule; readonly points: readonly number[]},
): Promise<Pick<Run, 'heldOut' | 'loss' | 'stateBytes'>> {
  model.compile({optimizer, loss});
  const losses: number[] = [];
  const {numBytes: before} = tf.memory();
  const args = {
    epochs: 1,
    batchSize: batch,
    shuffle: false,
    verbose: 0,
    yieldEvery: 'never',
    callbacks: {
      onBatchEnd: (step: number, logs?: tf.Logs) => {
        if (points.includes(step + 1)) losses.push(heldOutLoss(model, optimizer, heldOut));
        if (![logged(logs, 'loss'), ...losses].every(Number.isFinite)) model.stopTraining = true;
      },
    },
  } as const;
  if (schedule === 'constant') await model.fit(xs, ys, args);
  else await fitOneCycle(model, xs, ys, {...args, lrMax: lr});
  const stateBytes = tf.memory().numBytes - before;
  optimizer.dispose();
  const finite = losses.filter(Number.isFinite);
  return {
    // Four digits are more than other machines repeat.
    heldOut: finite.map(rounded),
    loss: finite.length === points.length ? rounded(at(finite, finite.length - 1)) : null,
    stateBytes,
  };
}
