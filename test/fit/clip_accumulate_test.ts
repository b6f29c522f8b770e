import {
  accumulate,
  adam,
  type Callback,
  clipGlobalNorm,
  clipGradNorm,
  clipGradValue,
  ema,
  lookahead,
  type Optimizer,
  sgd,
} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

type Grads = ReadonlyArray<readonly number[] | undefined>;

/** Two variables, [1, 2] and [3], after steps with these gradients. */
async function after(
  optimizer: Optimizer,
  steps: readonly Grads[],
  look?: (optimizer: Optimizer, step: number) => void,
): Promise<number[]> {
  const variables = tf.tidy(() => [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.tensor1d([3]))]);
  steps.forEach((grads, i) => {
    tf.tidy(() => {
      optimizer.applyGradients(
        variables.map(({name}, at) => ({name, tensor: grads[at] === undefined ? null : tf.tensor1d([...grads[at]])})),
      );
    });
    look?.(optimizer, i);
  });
  const values = await Promise.all(variables.map(variable => variable.data()));
  optimizer.dispose();
  tf.dispose(variables);
  return values.flatMap(value => [...value]);
}

const clipped = (callbacks: Callback[], hypers: Record<string, number>) => sgd(1, {callbacks, ...hypers});

describeBackends('clipping', () => {
  const cases: ReadonlyArray<{
    readonly name: string;
    readonly make: () => Optimizer;
    readonly grads: Grads;
    readonly wanted: number[];
  }> = [
    {
      name: 'clipGradValue',
      make: () => clipped([clipGradValue], {clipValue: 0.5}),
      grads: [[3, -0.25], [-4]],
      wanted: [0.5, 2.25, 3.5],
    },
    {
      name: 'clipGradNorm',
      make: () => clipped([clipGradNorm], {clipNorm: 1}),
      grads: [[3, -4], [0.5]],
      wanted: [0.4, 2.8, 2.5],
    },
    {
      name: 'clipGradNorm of zeros',
      make: () => clipped([clipGradNorm], {clipNorm: 1}),
      grads: [[0, 0], [0]],
      wanted: [1, 2, 3],
    },
    {
      name: 'clipGlobalNorm',
      make: () => clipped([clipGlobalNorm], {globalClipNorm: 6.5}),
      grads: [[3, -4], [12]],
      wanted: [-0.5, 4, -3],
    },
    {
      name: 'clipGlobalNorm of small gradients',
      make: () => clipped([clipGlobalNorm], {globalClipNorm: 13}),
      grads: [[3, -4], [12]],
      wanted: [-2, 6, -9],
    },
    {
      name: 'clipGlobalNorm without one gradient',
      make: () => clipped([clipGlobalNorm], {globalClipNorm: 1}),
      grads: [[3, -4], undefined],
      wanted: [0.4, 2.8, 3],
    },
  ];
  for (const {name, make, grads, wanted} of cases) {
    it(`${name} follows its formula`, async () => {
      expectClose(await leakless(() => after(make(), [grads])), wanted, 1e-6);
    });
  }

  it('keeps NaN', async () => {
    for (const make of [
      () => clipped([clipGradValue], {clipValue: 1}),
      () => clipped([clipGlobalNorm], {globalClipNorm: 1}),
    ]) {
      const [first] = await after(make(), [[[NaN, 0], [0]]]);
      expect(first).toBeNaN();
    }
  });
});

const WINDOWS: readonly Grads[] = [
  [[1, 2], [4]],
  [[3, -2], [2]],
  [[0.5, 1], undefined],
  [[1.5, 3], [6]],
  [[1, 1], undefined],
  [[2, 2], undefined],
];
/** The gradients of the large batches: zeros where a part has no gradient, null where no part has one. */
const LARGE: readonly Grads[] = [
  [[2, 0], [3]],
  [[1, 2], [3]],
  [[1.5, 1.5], undefined],
];

describeBackends('accumulate', () => {
  const hypers = {wd: 0.1, globalClipNorm: 1};
  const makes: Readonly<Record<string, (callbacks: Callback[]) => Optimizer>> = {
    sgd: callbacks => sgd(0.1, {callbacks, wd: 0.1}),
    'adam, decaying and clipping': callbacks => adam(0.1, {callbacks: [...callbacks, clipGlobalNorm], ...hypers}),
    Lookahead: callbacks => lookahead(sgd(0.1, {callbacks}), {k: 2}),
    averages: callbacks => ema(adam(0.1, {callbacks}), {decay: 0.5}),
  };
  for (const [name, make] of Object.entries(makes)) {
    it(`makes the steps of large batches: ${name}`, async () => {
      const show = (optimizer: Optimizer, step: number) => {
        if (step === (optimizer.callbacks.some(cb => cb.name === 'meanGrad') ? 5 : 2)) optimizer.eval();
      };
      const small = await leakless(() => after(make([...accumulate(2)]), WINDOWS, show));
      expectClose(small, await after(make([]), LARGE, show), 1e-6);
    });
  }

  it('changes nothing before the window is full, and never a frozen parameter', async () => {
    expect(await after(adam(0.1, {callbacks: [...accumulate(3)]}), WINDOWS.slice(0, 2))).toEqual([1, 2, 3]);
  });
});

describe('accumulate', () => {
  it('names what it takes', () => {
    expect(() => accumulate(0)).toThrowError(/whole number from 1; got 0/);
  });
});

describeBackends(
  'ema',
  () => {
    it('averages after each step, and shows the average between eval and train', async () => {
      const shown: number[][] = [];
      const trained = await after(
        ema(sgd(1), {decay: 0.5}),
        [
          [[1, 1], [1]],
          [[1, 1], undefined],
        ],
        optimizer => {
          optimizer.eval();
          shown.push(optimizer.paramLists.flat().flatMap(variable => [...variable.dataSync()]));
          optimizer.train();
        },
      );
      expectClose(trained, [-1, 0, 2], 1e-6);
      expectClose(shown.flat(), [0.5, 1.5, 2.5, -0.25, 0.75, 2.25], 1e-6);
      expect(() => ema(sgd(1), {decay: 1})).toThrowError(/must be in \[0, 1\)/);
    });
  },
  ['cpu', 'wasm', 'webgl'],
);
