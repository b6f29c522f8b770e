import {
  type Callback,
  callback,
  lastAxis,
  Optimizer,
  otherAxes,
  required,
  sgdStep,
  startAt,
  type Value,
} from '../../src';
import {isOptimizer} from '../../src/optimizer/optimizer_of_model';
import {describeBackends} from '../support/backends';
import {resultDifference, runInFloat64, runOnBackend} from '../support/composition_run';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';
import {compositionOfWaves} from '../support/waves';

const perRow = (x: Value): Value => x.mean(lastAxis(x), true);
const perColumn = (x: Value): Value => x.mean(otherAxes(x), true);

const centred = callback('centred', {}, ({grad}) => ({grad: grad.sub(perRow(grad)).add(perColumn(grad))}));
/** Adafactor's factored second moment (Shazeer & Stern, 2018). */
const factored = callback(
  'factored',
  {
    hypers: {lr: required},
    state: {
      rowAvg: startAt(({grad}) => perRow(grad.zerosLike())),
      colAvg: startAt(({grad}) => perColumn(grad.zerosLike())),
    },
  },
  ({grad, rowAvg, colAvg, lr}) => {
    const square = grad.square().add(1e-3);
    const rows = rowAvg.mul(0.5).add(perRow(square).mul(0.5));
    const cols = colAvg.mul(0.5).add(perColumn(square).mul(0.5));
    const update = grad.div(rows.div(rows.mean()).mul(cols).sqrt());
    return {rowAvg: rows, colAvg: cols, update: update.mul(lr).div(update.square().mean().sqrt().maximum(1))};
  },
);
const sums = callback('sums', {state: {seen: startAt(({p}) => p.sum(lastAxis(p), true))}}, ({p, grad, seen}) => ({
  grad: grad.add(p.sum(otherAxes(p), true).mul(0.01)),
  seen: seen.add(grad.sum(lastAxis(grad), true)),
}));
const lineTotal = callback(
  'lineTotal',
  {total: ({grad}) => ({largest: perRow(grad).max(), mean: perColumn(grad).square().mean()})},
  ({grad, total}) => ({grad: grad.mul(total.largest.abs().add(total.mean).add(0.5))}),
);
const anyTest = callback('anyTest', {}, ({grad}) => {
  const isLarge = grad.greater(0.9).any();
  const isPositive = grad.greater(0).mean();
  return {grad: grad.mul(grad.onesLike().mul(0.5).where(isLarge, 1)).mul(isPositive.add(1))};
});
const CHAINS: Readonly<Record<string, readonly Callback[]>> = {
  'row and column means': [centred, sgdStep],
  'a factored second moment': [factored],
  'sums, and state per row': [sums, sgdStep],
  'totals of rows and columns': [lineTotal, sgdStep],
  'several of them': [centred, lineTotal, sums, factored],
  any: [anyTest, sgdStep],
};
const SHAPES = [
  [],
  [1],
  [5],
  [8],
  [1, 5],
  [5, 1],
  [3, 4],
  [4, 9],
  [7, 8],
  [2, 3, 5],
  [3, 1, 2, 6],
  [2, 9000],
  [9000, 3],
  [1, 1, 1],
  [300, 40],
];
// Software GPUs compile programs for each shape.
const FEW = [[], [5], [5, 1], [4, 9], [2, 3, 5]];
describeBackends(
  'reductions along axes',
  backend => {
    const hasAxes = backend === 'cpu' || backend === 'wasm';
    const shapes = hasAxes ? SHAPES : FEW;
    afterEach(() => tf.env().set('OPTIM_FUSING', true));
    for (const [what, callbacks] of Object.entries(CHAINS)) {
      for (const fusing of [true, false])
        it(`of ${what} are those of float64, ${fusing ? 'fused' : 'eager'}`, () =>
          leakless(async () => {
            tf.env().set('OPTIM_FUSING', fusing);
            const composition = compositionOfWaves(callbacks, shapes);
            const results = await runOnBackend(composition, ({fusedOn}) => {
              if (fusing && hasAxes) expect(fusedOn).toBe(backend);
              else if (fusing && what !== 'any')
                expect(fusedOn).toMatch(/, except |can't be traced: .* along an axis/);
            });
            expect(resultDifference(results, runInFloat64(composition), 1e-5)).toBeUndefined();
          }));
    }
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);

describe('State per row and per column', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is loaded only in the shape that its start makes', async () => {
    const variable = tf.tidy(() => tf.variable(tf.ones([4, 3])));
    const make = () => new Optimizer([factored], {lr: 0.1});
    const saved = make();
    tf.tidy(() => {
      saved.applyGradients([{name: variable.name, tensor: tf.ones([4, 3])}]);
    });
    // Copies, because the next step may change the optimizer's own.
    const weights = (await saved.getWeights()).map(({name, tensor}) => ({name, tensor: tensor.clone()}));
    const with_ = (shape: number[]) =>
      weights.map(({name, tensor}) => ({name, tensor: name.endsWith('/rowAvg') ? tf.zeros(shape) : tensor}));
    const loaded: unknown = Optimizer.fromConfig(Optimizer, saved.getConfig());
    if (!isOptimizer(loaded)) throw new Error('An optimizer was saved.');
    await expectAsync(loaded.setWeights(with_([7, 9]))).toBeRejectedWithError(
      /shape \[7,9\] instead of float32 of shape \[4,1\]/,
    );
    await loaded.setWeights(with_([4, 1]));
    expect(() => {
      saved.state.set(variable, {colAvg: tf.zeros([4, 1])});
    }).toThrowError(/must be a float32 tensor of shape \[1,3\]; got float32 of shape \[4,1\]/);
  });
});

describe('The axes of a value', () => {
  it('are the last one, and all others', () => {
    const axes = (shape: number[]) => tf.tidy(() => [lastAxis(tf.zeros(shape)), otherAxes(tf.zeros(shape))]);
    expect(axes([])).toEqual([[], []]);
    expect(axes([3])).toEqual([[-1], []]);
    expect(axes([2, 3, 4])).toEqual([[-1], [0, 1]]);
  });

  it('are those of a value, which must be given', () => {
    for (const [name, axes] of Object.entries({lastAxis, otherAxes}))
      for (const [given, text] of [
        [undefined, 'undefined'],
        [2, '2'],
        [[2, 3], '[2, 3]'],
      ])
        expect(() => {
          Reflect.apply(axes, undefined, [given]);
        }).toThrowError(
          `${name} takes the value to reduce, as in grad.mean(${name}(grad), true); got ${String(text)}.`,
        );
  });
});
