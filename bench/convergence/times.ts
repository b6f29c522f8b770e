import * as tf from '@tensorflow/tfjs';

import {at, defined} from '../../examples/support/lookup';
import {processorMs} from '../processor_time';
import {type Measured, summary} from '../wasm_training/measure';
import {type Contestant, LR_FIND} from './contestants';
import type {Data, Task} from './tasks';

/** The optimizer whose step the others' steps are compared with. */
export const REFERENCE = 'adamW';
/** Steps per turn: `lookahead` has an update of its own in one step of six. */
const TURN = 6;
/** For contestants whose rate `lrFind` chooses. The time of a step does not depend on it. */
const RATE = 1e-3;
const SEED = 1;

/** What a training step of one optimizer takes in one task, as in the JSON file. */
export interface StepTime {
  readonly task: string;
  readonly optimizer: string;
  /** The median of the rounds, in milliseconds of the processor, with the forward and backward pass. */
  readonly ms: number;
  /** The time as a factor of `adamW`'s in the same round: the median, and the first and third quartile. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

interface Racer {
  readonly name: string;
  /** Trains for one turn. */
  readonly turn: () => Promise<void>;
  readonly dispose: () => void;
  /** Milliseconds per step, by round. */
  readonly times: number[];
}

const disposeData = (data: Data): void => {
  tf.dispose({...data});
};

function batchesOf({xs, ys}: Data, size: number): Data[] {
  return Array.from({length: TURN}, (_, i) => ({xs: xs.slice(i * size, size), ys: ys.slice(i * size, size)}));
}

function rateOf({rates}: Contestant): number {
  if ('searchFrom' in rates) return rates.searchFrom;
  return rates.always === LR_FIND ? RATE : rates.always;
}

async function racerOf(task: Task, contestant: Contestant): Promise<Racer> {
  const {model, training, heldOut} = await task.problem(SEED, TURN);
  const batches = batchesOf(training, task.batch);
  [training, heldOut].forEach(disposeData);
  const {name, make} = contestant;
  const optimizer = make(rateOf(contestant), model);
  model.compile({optimizer, loss: task.loss});
  return {
    name,
    turn: async () => {
      for (const {xs, ys} of batches) await model.trainOnBatch(xs, ys);
    },
    dispose: () => {
      batches.forEach(disposeData);
      model.dispose();
      optimizer.dispose();
    },
    times: [],
  };
}

const rounded = (x: number): number => Number(x.toPrecision(4));

function timeOf(task: Task, {name, times}: Racer, reference: Racer): StepTime {
  const ratios: Measured = summary(times.map((time, round) => time / at(reference.times, round)));
  return {
    task: task.name,
    optimizer: name,
    ms: rounded(summary(times).median),
    ratio: rounded(ratios.median),
    low: rounded(ratios.low),
    high: rounded(ratios.high),
    rounds: times.length,
  };
}

/** How many turns {@link stepTimes} takes: the first round only warms up. */
export const turnsOf = (contestants: readonly Contestant[], rounds: number): number =>
  contestants.length * (rounds + 1);

/**
 * Measures the training steps of all contestants on one task, in this thread. They train the same problem in turns of a
 * few steps. Each round starts with another one, so that a machine that is busy for a while slows all of them.
 * @param contestants with {@link REFERENCE}.
 * @param onTurn is called after each turn.
 */
export async function stepTimes(
  task: Task,
  contestants: readonly Contestant[],
  rounds: number,
  onTurn: () => void,
): Promise<StepTime[]> {
  const racers: Racer[] = [];
  for (const contestant of contestants) racers.push(await racerOf(task, contestant));
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < racers.length; i++) {
      const {turn, times} = at(racers, (round + i) % racers.length);
      const began = processorMs();
      await turn();
      if (round > 0) times.push((processorMs() - began) / TURN);
      onTurn();
    }
  }
  const reference = defined(
    racers.find(({name}) => name === REFERENCE),
    `'${REFERENCE}' among the contestants`,
  );
  const measured = racers.map(racer => timeOf(task, racer, reference));
  for (const {dispose} of racers) dispose();
  return measured;
}
