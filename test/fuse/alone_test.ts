import {
  adam,
  averageGrad,
  type Callback,
  callback,
  clipGradNorm,
  lookaheadSync,
  muon,
  Optimizer,
  OptimWrapper,
  required,
  scalar,
  sgdStep,
  startAt,
  type Value,
  weightDecay,
  zeros,
} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

function isTensor(value: Value | undefined): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

function asTensor(value: Value | undefined): tf.Tensor {
  if (isTensor(value)) return value;
  throw new Error('takes tensors alone');
}

/** The update times its own Gram matrix: a matrix product, which no kernel of ours has. */
const gramTest = callback('gramTest', {takesUpdate: true}, ({update}) => {
  const matrix = asTensor(update).reshape([-1, update.shape.at(-1) ?? 1]);
  const gram = matrix.matMul(matrix, false, true);
  return {
    update: gram
      .matMul(matrix)
      .reshape([...update.shape])
      .mul(0.01),
  };
});
const rowMeans = callback('rowMeans', {}, ({grad}) => ({grad: grad.sub(asTensor(grad).mean(-1, true))}));
const withForeign = callback('withForeign', {}, ({grad}) => ({grad: grad.mul(tf.scalar(0.5))}));
const totalTest = callback(
  'totalTest',
  {total: ({grad}) => ({largest: asTensor(grad).abs().max()})},
  ({grad, total}) => ({grad: grad.div(total.largest)}),
);
const startTest = callback(
  'startTest',
  {state: {scale: startAt(({grad}) => asTensor(grad).round())}},
  ({grad, scale}) => ({grad: grad.add(scale), scale: scale.mul(0.5)}),
);
const opaqueTest = callback(
  'opaqueTest',
  {state: {columns: startAt(({p}) => asTensor(p.zerosLike()).mean(0))}},
  ({grad, columns}) => {
    const now = asTensor(columns).mul(0.9).add(asTensor(grad).square().mean(0));
    return {grad: grad.div(now.sqrt().add(0.1)), columns: now};
  },
);
/** Reads what another callback started in the same step, with operations that could be fused. */
const readsColumns = callback('readsColumns', {reads: {columns: zeros}}, ({grad, columns}) => ({
  grad: columns === undefined ? grad.mul(7) : grad.mul(columns.mean().add(1)),
}));
const stopsSome = callback('stopsSome', {state: {count: 0}}, ({grad, count}) => ({
  count: count + 1,
  stop: asTensor(grad).rank === 1,
}));
const countsAll = callback('countsAll', {everyParameter: true, state: {call: 0, copied: scalar}}, ({p, call}) => ({
  call: call + 1,
  copied: asTensor(p).max(),
}));
const readsCopied = callback('readsCopied', {needs: {copied: scalar}}, ({grad, copied}) => ({grad: grad.mul(copied)}));
const userStep = callback('userStep', {hypers: {lr: required}, needs: {gradAvg: zeros}}, ({p, gradAvg, lr}) => ({
  p: p.sub(asTensor(gradAvg).mul(lr)),
}));
const doubled = callback('doubled', {takesUpdate: true}, ({update}) => ({update: update.mul(2)}));

const SHAPES = [[2, 3], [4], [3, 2, 4], [65_537], [1, 1]] as const;
const CHAINS: Readonly<Record<string, readonly Callback[]>> = {
  'a matrix product after the step': [weightDecay, averageGrad, sgdStep, gramTest],
  'an axis at the beginning': [rowMeans, weightDecay, averageGrad, sgdStep],
  'a foreign tensor in the middle': [averageGrad, withForeign, weightDecay, sgdStep],
  'a total that is not traceable': [weightDecay, totalTest, averageGrad, sgdStep],
  'a start that is not traceable': [weightDecay, startTest, averageGrad, sgdStep],
  'state of another shape': [weightDecay, opaqueTest, averageGrad, sgdStep],
  'state of another shape, which a later callback reads': [
    weightDecay,
    opaqueTest,
    readsColumns,
    averageGrad,
    sgdStep,
  ],
  'a stop of some parameters, and numbers': [weightDecay, averageGrad, stopsSome, sgdStep],
  'a callback for every parameter, whose state others read': [weightDecay, countsAll, readsCopied, sgdStep],
  'totals on both sides': [clipGradNorm, rowMeans, clipGradNorm.with({}), weightDecay, sgdStep],
  'two, one after the other': [weightDecay, rowMeans, withForeign, averageGrad, sgdStep, gramTest],
  'a step that returns p, whose update is taken': [weightDecay, averageGrad, userStep, doubled, lookaheadSync],
};
/** How many kernels a step takes, where all are fused but those that can't be. */
const CUTS: Readonly<Record<string, number>> = {
  'a matrix product after the step': 2,
  'an axis at the beginning': 1,
  'a foreign tensor in the middle': 1,
  'a total that is not traceable': 2,
  'a start that is not traceable': 2,
  'state of another shape': 2,
  'state of another shape, which a later callback reads': 2,
  'a stop of some parameters, and numbers': 2,
  'a callback for every parameter, whose state others read': 2,
  'totals on both sides': 2,
  'two, one after the other': 3,
  'a step that returns p, whose update is taken': 2,
};

interface Left {
  readonly p: number[];
  readonly state: Readonly<Record<string, number[]>>;
}

function wave(shape: readonly number[], phase: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({length: size}, (_, i) => Math.sin(i * 0.7 + phase) + phase / 4),
    [...shape],
  );
}

/** What some steps leave: parameters and state. */
async function train(optimizer: Optimizer, shapes: ReadonlyArray<readonly number[]>, steps = 3): Promise<Left[]> {
  const variables = shapes.map((shape, i) => tf.tidy(() => tf.variable(wave(shape, i))));
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      optimizer.applyGradients(
        variables.map(({name, shape}, i) => ({name, tensor: wave(shape, step + 2 * i).add(step === 1 ? 0.5 : 0)})),
      );
    });
  }
  const left = await Promise.all(
    variables.map(async variable => ({
      p: [...(await variable.data())],
      state: Object.fromEntries(
        await Promise.all(
          Object.entries(optimizer.state.get(variable)).map(
            async ([name, value]) =>
              [name, value instanceof tf.Tensor ? [...(await value.data())] : [Number(value)]] as const,
          ),
        ),
      ),
    })),
  );
  tf.dispose(variables);
  return left;
}

function make(chain: readonly Callback[]): Optimizer {
  const declared = (name: string): boolean => chain.some(({hypers}) => Object.hasOwn(hypers, name));
  return new Optimizer<readonly Callback[]>(chain, {
    lr: 0.1,
    ...(declared('wd') ? {wd: 0.1} : {}),
    ...(declared('clipNorm') ? {clipNorm: 1} : {}),
  });
}

/** How many kernels the third step of an optimizer takes, on a parameter of that shape. Disposes of the optimizer. */
async function kernelsOf(optimizer: Optimizer, shape: readonly number[]): Promise<number> {
  await train(optimizer, [shape], 2);
  const variable = tf.tidy(() => tf.variable(tf.ones([...shape])));
  const profile = await tf.profile(() => {
    tf.tidy(() => {
      optimizer.applyGradients([{name: variable.name, tensor: tf.ones([...shape])}]);
    });
    return tf.scalar(0);
  });
  tf.dispose([profile.result, variable]);
  optimizer.dispose();
  return profile.kernels.filter(kernel => kernel.name === 'OptimStep').length;
}

function expectSame(fused: readonly Left[], eager: readonly Left[]): void {
  expect(fused.map(({state}) => Object.keys(state).sort())).toEqual(eager.map(({state}) => Object.keys(state).sort()));
  fused.forEach(({p, state}, i) => {
    expectClose(p, eager[i]?.p ?? [], 1e-4);
    for (const [name, values] of Object.entries(state)) expectClose(values, eager[i]?.state[name] ?? [], 1e-4);
  });
}

describeBackends(
  'a callback that runs alone',
  backend => {
    // Software WebGPU takes its time for large tensors.
    const shapes = SHAPES.filter(shape => backend !== 'webgpu' || shape[0] < 100);

    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const [name, chain] of Object.entries(CHAINS)) {
      it(`leaves the rest fused, with the results of ordinary operations: ${name}`, () =>
        leakless(async () => {
          const fused = make(chain);
          const results = await train(fused, shapes);
          expect(fused.fusedOn).toMatch(new RegExp(`^${backend}, except `));
          expect(fused.graph()).toContain(' runs alone\n');
          fused.dispose();
          tf.env().set('OPTIM_FUSING', false);
          const eager = make(chain);
          expectSame(results, await train(eager, shapes));
          eager.dispose();
        }));

      if (backend !== 'wasm') continue;
      it(`takes as few kernels as there are parts: ${name}`, () =>
        leakless(async () => {
          expect(await kernelsOf(make(chain), [2, 3])).toBe(CUTS[name] ?? NaN);
        }));
    }

    if (backend === 'wasm')
      it('does not cut a step where it runs on no parameter', () =>
        leakless(async () => {
          expect(await kernelsOf(muon(0.01), [4, 8])).toBe(2);
          expect(await kernelsOf(muon(0.01), [4])).toBe(1);
        }));

    it('says in its warning what can not be fused', () =>
      leakless(async () => {
        const warned = spyOn(console, 'warn');
        const making = callback(`making${backend}`, {state: {m: startAt(() => tf.zeros([2]))}}, ({grad}) => ({grad}));
        const optimizer = make([weightDecay, making, sgdStep]);
        await train(optimizer, [[4]]);
        optimizer.dispose();
        expect(warned.calls.allArgs()).toEqual([
          [
            `tfjs-optim: making${backend} runs as ordinary operations between fused kernels, more slowly: ` +
              "it can't be traced: it made a tensor instead of computing with the values that it got",
          ],
        ]);
      }));

    it('has a step that is stopped for all parameters leave them as they are', () =>
      leakless(async () => {
        const stops = callback('stopsAll', {state: {calls: 0}}, ({p, calls}) => {
          asTensor(p);
          return {stop: true, calls: calls + 1};
        });
        const optimizer = make([stops, weightDecay, sgdStep]);
        const [left] = await train(optimizer, [[4]]);
        const start = wave([4], 0);
        expect(left).toEqual({p: [...(await start.data())], state: {calls: [3]}});
        start.dispose();
        optimizer.dispose();
      }));

    for (const fusing of [true, false]) {
      it(`changes nothing where it throws, ${fusing ? 'fused' : 'eager'}`, () =>
        leakless(async () => {
          tf.env().set('OPTIM_FUSING', fusing);
          let isFaulty = false;
          const throwing = callback('throwing', {takesUpdate: true, state: {seen: 0}}, ({update, seen}) => {
            asTensor(update).matMul(asTensor(update));
            if (isFaulty) throw new Error('not today');
            return {seen: seen + 1};
          });
          const optimizer = make([weightDecay, averageGrad, sgdStep, throwing]);
          const variable = tf.tidy(() => tf.variable(wave([3, 3], 1)));
          const act = (): void => {
            tf.tidy(() => {
              optimizer.applyGradients([{name: variable.name, tensor: wave([3, 3], 2)}]);
            });
          };
          const bits = async () => {
            const {gradAvg} = optimizer.state.get(variable);
            if (!(gradAvg instanceof tf.Tensor)) throw new Error('There is an average.');
            return [...(await variable.data()), ...(await gradAvg.data()), optimizer.state.get(variable)['seen']];
          };
          act();
          const before = await bits();
          isFaulty = true;
          const {numTensors} = tf.memory();
          expect(act).toThrowError('not today');
          expect(tf.memory().numTensors).toBe(numTensors);
          expect(await bits()).toEqual(before);
          expect(optimizer.iterations).toBe(1);
          isFaulty = false;
          act();
          expect(await bits()).not.toEqual(before);
          optimizer.dispose();
          variable.dispose();
        }));
    }

    it('goes around a wrapped optimizer: decay before it and an update taken after it are fused', () =>
      leakless(async () => {
        const wrapped = (): Optimizer =>
          new OptimWrapper(tf.train.adam(0.01), {callbacks: [weightDecay], after: [doubled], wd: 0.1});
        const optimizer = wrapped();
        const results = await train(optimizer, shapes);
        expect(optimizer.fusedOn).toBe(`${backend}, except wrappedStep`);
        optimizer.dispose();
        tf.env().set('OPTIM_FUSING', false);
        const eager = wrapped();
        expectSame(results, await train(eager, shapes));
        eager.dispose();
      }));

    it('runs with the callbacks of an optimizer of the table', () =>
      leakless(async () => {
        const optimizer = adam(0.01, {callbacks: [rowMeans], after: [gramTest]});
        const results = await train(optimizer, shapes);
        expect(optimizer.fusedOn).toBe(`${backend}, except rowMeans, gramTest`);
        optimizer.dispose();
        tf.env().set('OPTIM_FUSING', false);
        const eager = adam(0.01, {callbacks: [rowMeans], after: [gramTest]});
        expectSame(results, await train(eager, shapes));
        eager.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);
