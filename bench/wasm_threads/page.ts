// The page of bench:wasm-threads: each case with one thread and with several, in turn.
import '../../src/backends/wasm';
import '../../src/wasm_training/index';

import * as tf from '@tensorflow/tfjs';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

import {adam, lamb, type Optimizer, sgd} from '../../src/browser';
import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {addThreads, removeThreads} from '../../src/wasm/threads';
import {Crew} from '../../src/wasm_threads/crew';
import {LEAST_WORK} from '../../src/wasm_threads/start';
import {type Measured, summary, timeOf} from '../wasm_training/measure';
import {MLP, MNIST_CONV_NET, MOBILE_NET, RES_NET_20} from '../wasm_training/models';
import {Network} from '../wasm_training/networks';

/** What the page measures. */
export interface Asked {
  readonly threads: number;
  /** See `Threads`. Default: that of `startWasmThreads`. */
  readonly leastWork?: number;
  /** Only cases whose name contains this. */
  readonly cases: string;
  readonly rounds: number;
}

export interface Row {
  readonly name: string;
  /** Milliseconds with one thread, and with several. */
  readonly one: Measured;
  readonly several: Measured;
  /** The ratio of the two in each round. */
  readonly faster: Measured;
}

declare global {
  interface Window {
    measureThreads: (asked: Asked) => Promise<readonly Row[]>;
    showThreadsRow: (row: Row) => Promise<void>;
  }
}

/** A case: `time` gives the milliseconds of one run. */
interface Case {
  readonly name: string;
  readonly make: () => {readonly time: () => number; readonly dispose: () => void};
}

/** Short runs are repeated, so that a run takes about a millisecond. */
function repeated(inputs: readonly tf.Tensor[], times: number, run: () => tf.Tensor | tf.Tensor[]) {
  return {
    time: () =>
      timeOf(() => {
        for (let i = 0; i < times; i++) tf.dispose(run());
      }) / times,
    dispose: () => {
      tf.dispose([...inputs]);
    },
  };
}

const kernel = (
  name: string,
  inputs: tf.NamedTensorMap,
  attrs: Parameters<ReturnType<typeof tf.engine>['runKernel']>[2],
  times: number,
) => repeated(Object.values(inputs), times, () => tf.engine().runKernel(name, inputs, attrs));

const product = (m: number, k: number, n: number): Case => ({
  name: `matMul aᵀ·b ${m}·${k}·${n}`,
  make: () => {
    const [a, b] = [tf.randomNormal([k, m]), tf.randomNormal([k, n])];
    return repeated([a, b], Math.max(1, Math.round(128 ** 3 / (m * k * n))), () => tf.matMul(a, b, true, false));
  },
});

const convolution = (batch: number, size: number, inChannels: number, outChannels: number): Case[] => {
  const x: [number, number, number, number] = [batch, size, size, inChannels];
  const dy: [number, number, number, number] = [batch, size, size, outChannels];
  const filter: [number, number, number, number] = [3, 3, inChannels, outChannels];
  const attrs = {strides: 1, pad: 'same', dataFormat: 'NHWC', dimRoundingMode: 'floor'};
  const shape = `${batch}·${size}·${size}, ${inChannels} to ${outChannels}`;
  return [
    {
      name: `convolution, filter's gradient ${shape}`,
      make: () =>
        kernel(
          'Conv2DBackpropFilter',
          {x: tf.randomNormal(x), dy: tf.randomNormal(dy)},
          {...attrs, filterShape: filter},
          1,
        ),
    },
    {
      name: `convolution, input's gradient ${shape}`,
      make: () =>
        kernel(
          'Conv2DBackpropInput',
          {dy: tf.randomNormal(dy), filter: tf.randomNormal(filter)},
          {...attrs, inputShape: x},
          1,
        ),
    },
  ];
};

const rows = (count: number, channels: number): Case[] => [
  {
    name: `sum of rows ${count}·${channels}`,
    make: () => {
      const x = tf.randomNormal([count, channels]);
      return repeated([x], 4, () => tf.sum(x, 0));
    },
  },
  {
    name: `add a vector ${count}·${channels}`,
    make: () => {
      const [x, vector] = [tf.randomNormal([count, channels]), tf.randomNormal([channels])];
      return repeated([x, vector], 4, () => tf.add(x, vector));
    },
  },
  {
    name: `batch norm's gradient ${count}·${channels}`,
    make: () => {
      const vector = (): tf.Tensor => tf.randomUniform([channels], 0.5, 1);
      const full = (): tf.Tensor => tf.randomNormal([count, channels]);
      return kernel(
        'TfjsOptimBatchNormGradient',
        {dy: full(), x: full(), mean: vector(), variance: vector(), scale: vector()},
        {varianceEpsilon: 1e-3},
        4,
      );
    },
  },
];

const step = (name: string, optimizer: () => Optimizer, size: number): Case => ({
  name: `step of ${name}, ${size.toLocaleString('en')} numbers`,
  make: () => {
    const [variable, gradient] = [tf.variable(tf.randomNormal([size])), tf.randomNormal([size])];
    const made = optimizer();
    return {
      time: () =>
        timeOf(() => {
          made.applyGradients([{name: variable.name, tensor: gradient}]);
        }),
      dispose: () => {
        made.dispose();
        tf.dispose([variable, gradient]);
      },
    };
  },
});

const networks: Case[] = [MLP, MNIST_CONV_NET, RES_NET_20, MOBILE_NET].flatMap(model => [
  {
    name: `${model.name}, whole step`,
    make: () => {
      const net = new Network(model);
      const optimizer = adam(1e-4);
      return {
        time: () => net.step(optimizer),
        dispose: () => {
          optimizer.dispose();
          net.dispose();
        },
      };
    },
  },
]);

const CASES: readonly Case[] = [
  ...[32, 64, 96, 128, 256, 512, 1024].map(size => product(size, size, size)),
  product(1024, 32, 1024),
  product(32, 1024, 1024),
  ...convolution(8, 32, 16, 16),
  ...convolution(8, 8, 64, 64),
  ...convolution(64, 28, 1, 8),
  ...rows(8192, 16),
  ...rows(2048, 32),
  ...rows(8192, 64),
  step('sgd', () => sgd(1e-4), 2 ** 17),
  ...[2 ** 17, 2 ** 18, 2 ** 20, 2 ** 22].map(size => step('adam', () => adam(1e-4), size)),
  step('lamb', () => lamb(1e-4), 2 ** 20),
  ...networks,
];

function measured({name, make}: Case, crew: Crew, memory: WebAssembly.Memory, rounds: number): Row {
  const {time, dispose} = make();
  const [one, several] = [new Array<number>(), new Array<number>()];
  // The first rounds only warm up.
  for (let round = -2; round < rounds; round++) {
    const alone = (): number => {
      removeThreads(memory, crew);
      return time();
    };
    const together = (): number => {
      addThreads(memory, crew);
      return time();
    };
    // Neither always follows the other.
    const [a, b] = round % 2 === 0 ? [alone(), together()] : [together(), alone()].reverse();
    if (a === undefined || b === undefined) throw new Error('Both are measured.');
    if (round < 0) continue;
    one.push(a);
    several.push(b);
  }
  dispose();
  return {
    name,
    one: summary(one),
    several: summary(several),
    faster: summary(one.map((ms, i) => ms / (several[i] ?? Number.NaN))),
  };
}

window.measureThreads = async ({threads, leastWork = LEAST_WORK, cases, rounds}) => {
  setWasmPaths('/wasm/');
  if (!(await tf.setBackend('wasm'))) throw new Error('The WASM backend did not start.');
  const memory = memoryOf(assertWasmBackend(tf.backend()));
  const crew = await Crew.start(memory, {count: threads, leastWork, patience: 20_000});
  const found = new Array<Row>();
  for (const one of CASES.filter(({name}) => name.includes(cases))) {
    const row = measured(one, crew, memory, rounds);
    found.push(row);
    await window.showThreadsRow(row);
    // Lets the page show it.
    await tf.nextFrame();
  }
  crew.stop();
  return found;
};
