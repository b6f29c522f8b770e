// `npm run bench:variables`: how a step's time grows with the number of variables. `-- --help` lists the options.
import '@tensorflow/tfjs-backend-wasm';

import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {type Optimizer, optimizers} from '../../src';
import {commandLine} from '../command_line';
import {Machine} from '../machine';
import {processorTimeOf} from '../processor_time';
import {progress, progressEnded} from '../progress';
import {randomGradients, randomVariables} from '../random_variables';
import {compared, type Measured, measurementOf, summary} from '../wasm_training/measure';

const HELP = `npm run bench:variables [-- options]

Measures how an optimizer's step grows with the number of variables. All variables have ten elements, so that the time
is that of the step's own work, per variable. The numbers of variables take turns in each round. The time is that of
the processor, so that other programs count less: with more variables, they would interrupt more turns.
  step in training                each step gets gradients that were just computed, as in training
  step again                      the same gradients again and again, so that the caches hold all of a small model
  first step, all shapes differ   the step that plans, with variables of different shapes
Times are medians with their quartiles, per variable.

  --backends A,B     of wasm, cpu (default wasm,cpu)
  --optimizers A,B   names of the table (default adamW)
  --rounds N         rounds of the steps (default 31); the first step is measured a third as often
  --quick            three rounds
  --out FILE         the JSON file for the figures (default bench/results/variables.json)
  --help             print this help
`;

const COUNTS = [10, 83, 1000, 5000];
/** Both have shapes of the same sizes in the mean. */
const SHAPE_COUNTS = [100, 5000];
/** The time of the others is given in times of this one's. */
const [USUAL_COUNT, USUAL_SHAPE_COUNT] = [83, 100];
/** 18³ shapes of three axes are more than are asked for. */
const LONGEST = 18;

const {quick, option, names, count: counted} = commandLine(HELP, ['backends', 'optimizers', 'rounds', 'out']);
const rounds = counted('rounds', quick ? 3 : 31);
const NAMES: readonly string[] = optimizers.map(({name}) => name);
const asked = names('optimizers', NAMES, ['adamW']);
const makers = optimizers.filter(({name}) => asked.includes(name));
type Maker = (typeof makers)[number];

type RepeatedStep = 'step in training' | 'step again';

interface Row {
  readonly backend: string;
  readonly optimizer: string;
  readonly what: RepeatedStep | 'first step, all shapes differ';
  readonly variables: number;
  /** Milliseconds per variable. */
  readonly perVariable: Measured;
}

const scaled = ({median, low, high, runs}: Measured, by: number): Measured => ({
  median: median * by,
  low: low * by,
  high: high * by,
  runs,
});

/** Steps of one optimizer, repeated in one way. */
interface Repeated {
  /** Makes that many steps. Returns the time of one. */
  readonly run: (steps: number) => number;
  readonly dispose: () => void;
}

function inTraining(variables: tf.Variable[], optimizer: Optimizer): Repeated {
  const loss = (): tf.Scalar => tf.addN(variables.map(variable => variable.square().sum())).asScalar();
  return {
    run: steps => {
      let time = 0;
      for (let i = 0; i < steps; i++) {
        const {value, grads} = tf.variableGrads(loss, variables);
        time += processorTimeOf(() => {
          optimizer.applyGradients(grads);
        });
        tf.dispose([value, grads]);
      }
      return time / steps;
    },
    dispose: () => {
      optimizer.dispose();
    },
  };
}

function again(variables: readonly tf.Variable[], optimizer: Optimizer): Repeated {
  const gradients = randomGradients(variables);
  return {
    run: steps =>
      processorTimeOf(() => {
        for (let i = 0; i < steps; i++) optimizer.applyGradients(gradients);
      }) / steps,
    dispose: () => {
      optimizer.dispose();
      tf.dispose(gradients.map(({tensor}) => tensor));
    },
  };
}

/** The time of a step per variable, by the number of variables. */
function stepRows(backend: string, {name, make}: Maker, what: RepeatedStep): Row[] {
  const contestants = COUNTS.map(count => {
    const variables = randomVariables(Array.from({length: count}, () => [10]));
    const repeated = (what === 'step in training' ? inTraining : again)(variables, make(1e-3));
    repeated.run(30);
    // Turns are equally long, about 5,000 variables each.
    const steps = Math.max(1, Math.round(5000 / count));
    return {count, run: () => repeated.run(steps), variables, repeated};
  });
  const times = compared(Object.fromEntries(contestants.map(({count, run}) => [count, run])), rounds);
  for (const {repeated, variables} of contestants) {
    repeated.dispose();
    tf.dispose(variables);
  }
  return COUNTS.map(count => ({
    backend,
    optimizer: name,
    what,
    variables: count,
    perVariable: scaled(measurementOf(times, String(count)), 1 / count),
  }));
}

const shapeAt = (i: number): number[] => [
  1 + (i % LONGEST),
  1 + (Math.floor(i / LONGEST) % LONGEST),
  1 + Math.floor(i / LONGEST ** 2),
];

/** The time of the first step of a new optimizer, per variable, where no two variables have the same shape. */
function firstStepRows(backend: string, {name, make}: Maker): Row[] {
  const all = LONGEST ** 3;
  const sets = SHAPE_COUNTS.map(count => {
    const variables = randomVariables(Array.from({length: count}, (_, i) => shapeAt(Math.floor((i * all) / count))));
    return {count, times: new Array<number>(), variables, gradients: randomGradients(variables)};
  });
  for (let round = 0; round <= Math.ceil(rounds / 3); round++) {
    for (const {count, gradients, times} of sets) {
      // A turn makes as many first steps as have 5,000 variables together.
      const fresh = Array.from({length: 5000 / count}, () => make(1e-3));
      const time = processorTimeOf(() => {
        for (const optimizer of fresh) optimizer.applyGradients(gradients);
      });
      for (const optimizer of fresh) optimizer.dispose();
      if (round > 0) times.push(time / 5000);
    }
  }
  return sets.map(({count, times, variables, gradients}) => {
    tf.dispose([variables, gradients.map(({tensor}) => tensor)]);
    return {
      backend,
      optimizer: name,
      what: 'first step, all shapes differ',
      variables: count,
      perVariable: summary(times),
    };
  });
}

const measures: ReadonlyArray<(backend: string, maker: Maker) => Row[]> = [
  (backend, maker) => stepRows(backend, maker, 'step in training'),
  (backend, maker) => stepRows(backend, maker, 'step again'),
  firstStepRows,
];
const rowsOfOptimizer = 2 * COUNTS.length + SHAPE_COUNTS.length;
const machine = new Machine();
const rows: Row[] = [];
const backends = names('backends', ['wasm', 'cpu']);
for (const backend of backends) {
  if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} did not start.`);
  for (const maker of makers) {
    for (const measure of measures) {
      progress(rows.length + 1, backends.length * makers.length * rowsOfOptimizer, maker.name);
      rows.push(...measure(backend, maker));
      progressEnded();
    }
  }
}

const µs = (ms: number): string => (1000 * ms).toPrecision(3);
console.table(
  rows.map(row => {
    const {backend, optimizer, what, variables, perVariable} = row;
    const usual = rows.filter(
      other =>
        other.backend === backend &&
        other.optimizer === optimizer &&
        other.what === what &&
        other.variables === (what === 'first step, all shapes differ' ? USUAL_SHAPE_COUNT : USUAL_COUNT),
    );
    return {
      backend,
      optimizer,
      what,
      variables,
      'µs per variable': µs(perVariable.median),
      quartiles: `${µs(perVariable.low)} to ${µs(perVariable.high)}`,
      ratio: (perVariable.median / at(usual, 0).perVariable.median).toFixed(2),
    };
  }),
);
machine.write(option('out', 'bench/results/variables.json'), {rows});
