import * as tf from '@tensorflow/tfjs';

import type {Optimizer} from '../../src';
import {randomGradients, randomVariables} from '../random_variables';
import {compared, type Measured, measurementOf, timeOf} from '../wasm_training/measure';
import type {Case} from './cases';

/** One optimizer on one case: medians in milliseconds. */
export interface Row {
  readonly backend: string;
  readonly optimizer: string;
  readonly case: string;
  readonly parameters: number;
  readonly variables: number;
  readonly fusedOn: string;
  readonly times: Readonly<Record<Contestant, Measured>>;
  /** Milliseconds of the first step. It compiles, unless it has a structure that was compiled before. */
  readonly firstStep: number;
  readonly kernels: Readonly<Record<'ours' | 'eager' | 'stock', number>>;
  /** Bytes of the tensors that one step allocates. */
  readonly bytesAllocated: Readonly<Record<'ours' | 'eager' | 'stock', number>>;
}

type Contestant = 'ours' | 'eager' | 'stock' | 'copy';

type Steps = Readonly<Record<'ours' | 'eager' | 'stock', () => void>>;

/** The most similar optimizer of `tf.train`. */
function stockOf(optimizer: string): tf.Optimizer {
  switch (optimizer) {
    case 'sgd':
      return tf.train.sgd(1e-3);
    case 'rmsProp':
      return tf.train.rmsprop(1e-3);
    case 'larc':
      return tf.train.momentum(1e-3, 0.9);
    default:
      return tf.train.adam(1e-3);
  }
}

function setFusing(on: boolean): void {
  tf.env().set('OPTIM_FUSING', on);
}

/**
 * Measures one optimizer on one case. Each contestant has its own variables.
 * @param budget the approximate number of milliseconds to spend.
 */
export async function rowOf(
  optimizer: string,
  make: () => Optimizer,
  {name, shapes, parameters}: Case,
  budget: number,
): Promise<Row> {
  const variables = () => randomVariables(shapes);
  const mine = {ours: make(), eager: make(), stock: stockOf(optimizer)};
  const own = {ours: variables(), eager: variables(), stock: variables()};
  const gradients = {
    ours: randomGradients(own.ours),
    eager: randomGradients(own.eager),
    stock: randomGradients(own.stock),
  };
  const steps: Steps = {
    ours: () => {
      mine.ours.applyGradients(gradients.ours);
    },
    eager: () => {
      setFusing(false);
      mine.eager.applyGradients(gradients.eager);
      setFusing(true);
    },
    stock: () => {
      mine.stock.applyGradients(gradients.stock);
    },
  };
  const firstStep = timeOf(steps.ours);
  const state = own.ours
    .slice(0, 1)
    .flatMap(variable =>
      Object.values(mine.ours.state.get(variable)).filter(
        value => value instanceof tf.Tensor && value.size === variable.size,
      ),
    );
  // A step reads p, the gradient and the state, and writes p and the state. A copy reads and writes each byte once.
  const source = new Float32Array((parameters * (3 + 2 * state.length)) / 2);
  const target = new Float32Array(source.length);
  const contestants = {
    ...steps,
    copy: () => {
      target.set(source);
    },
  };
  const took = {
    ours: warmUp(contestants.ours),
    eager: warmUp(contestants.eager),
    stock: warmUp(contestants.stock),
    copy: warmUp(contestants.copy),
  };
  const turns = {
    ours: turnOf(contestants.ours, took.ours),
    eager: turnOf(contestants.eager, took.eager),
    stock: turnOf(contestants.stock, took.stock),
    copy: turnOf(contestants.copy, took.copy),
  };
  const round = Object.values(turns).reduce((sum, {expected}) => sum + expected, 0);
  const times = compared(
    Object.fromEntries(Object.entries(turns).map(([contestant, {run}]) => [contestant, run])),
    Math.min(60, Math.max(3, Math.floor(budget / round))),
  );
  const measured = (contestant: Contestant): Measured => measurementOf(times, contestant);
  const profiles = {
    ours: await profileOf(steps.ours),
    eager: await profileOf(steps.eager),
    stock: await profileOf(steps.stock),
  };
  const {fusedOn} = mine.ours;
  Object.values(mine).forEach(each => {
    each.dispose();
  });
  tf.dispose([
    Object.values(own),
    Object.values(gradients)
      .flat()
      .map(({tensor}) => tensor),
  ]);
  return {
    backend: tf.getBackend(),
    optimizer,
    case: name,
    parameters,
    variables: shapes.length,
    fusedOn,
    firstStep,
    times: {ours: measured('ours'), eager: measured('eager'), stock: measured('stock'), copy: measured('copy')},
    kernels: {ours: profiles.ours.kernels, eager: profiles.eager.kernels, stock: profiles.stock.kernels},
    bytesAllocated: {ours: profiles.ours.bytes, eager: profiles.eager.bytes, stock: profiles.stock.bytes},
  };
}

/** Runs steps until the engine has compiled hot code, WebAssembly too. @returns the time of the last step. */
function warmUp(step: () => void): number {
  const until = performance.now() + 300;
  let time = 0;
  while (performance.now() < until) time = timeOf(step);
  return time;
}

/**
 * A contestant's turn: as many steps in a row as take about ten milliseconds. So the contents of the caches that
 * another contestant left do not count much.
 */
interface Turn {
  /** Makes the steps. @returns the time of one step. */
  readonly run: () => number;
  /** The approximate milliseconds of the turn. */
  readonly expected: number;
}

function turnOf(step: () => void, time: number): Turn {
  const steps = Math.max(1, Math.min(50, Math.floor(10 / time)));
  return {
    run: () =>
      timeOf(() => {
        for (let i = 0; i < steps; i++) step();
      }) / steps,
    expected: steps * time,
  };
}

async function profileOf(step: () => void): Promise<{kernels: number; bytes: number}> {
  const {kernels} = await tf.profile(() => {
    step();
    return [];
  });
  return {kernels: kernels.length, bytes: kernels.reduce((all, {bytesAdded}) => all + bytesAdded, 0)};
}
