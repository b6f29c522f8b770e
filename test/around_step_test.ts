import {adam, type Callback, cautious, clipUpdateRms, lamb, type Optimizer, optimizers, sgd, trustRatio} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {rowsOn} from './support/rows_on';
import {valuesBySteps} from './support/single_variable';
import {tf} from './support/tfjs';
import {variableOf} from './support/vectors';

interface Row {
  readonly name: string;
  readonly make: (
    lr: number,
    settings: {readonly wd: number; readonly after: readonly Callback[]; readonly clipRms?: number},
  ) => Optimizer;
}
const rows: readonly Row[] = optimizers;

const P = [1, -2, 3, -4];
const GRADS = [
  [0.5, 0.25, -1, 2],
  [-0.1, 1, 0.0625, 1],
];

const rms = (x: readonly number[]): number => Math.sqrt(x.reduce((sum, one) => sum + one * one, 0) / x.length);
const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((one, i) => one - present(b[i]));
const times = (a: readonly number[], factor: number): number[] => a.map(one => one * factor);

/** C(u) of the paper, in float64. */
function masked(update: readonly number[], grad: readonly number[]): number[] {
  const mask = update.map((u, i) => (u * present(grad[i]) > 0 ? 1 : 0));
  const share = Math.max(mask.reduce((sum: number, one) => sum + one, 0) / mask.length, 1e-3);
  return update.map((u, i) => (u * present(mask[i])) / share);
}

/** The parameter after each step, with the gradients of the steps. */
const trained = (optimizer: Optimizer, grads: ReadonlyArray<readonly number[]> = GRADS): Promise<number[][]> =>
  valuesBySteps(optimizer, P, grads);

describeBackends(
  'a callback of the package that takes the update',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const {name, make} of rowsOn(backend, rows)) {
      // Eager steps are the same calls of tfjs on every backend.
      for (const fusing of backend === 'webgl' ? [true] : [true, false]) {
        const how = fusing ? 'fused' : 'eager';

        it(`cautious masks that of ${name}, ${how}`, () =>
          leakless(async () => {
            tf.env().set('OPTIM_FUSING', fusing);
            const [first = [], second = []] = await trained(make(0.1, {wd: 0, after: []}));
            const [got = [], then = []] = await trained(make(0.1, {wd: 0, after: [cautious]}));
            // In the first step every update agrees, so both have the same state and parameters before the second.
            expectClose(got, first, 1e-5);
            expectClose(then, minus(first, masked(minus(first, second), present(GRADS[1]))), 1e-5);
          }));

        it(`trustRatio and clipUpdateRms scale that of ${name}, ${how}`, () =>
          leakless(async () => {
            tf.env().set('OPTIM_FUSING', fusing);
            const grads = GRADS.slice(0, 1);
            const [plain = []] = await trained(make(0.1, {wd: 0, after: []}), grads);
            const update = minus(P, plain);
            const size = rms(update);
            const [trusted = []] = await trained(make(0.1, {wd: 0, after: [trustRatio]}), grads);
            const ratio = size === 0 ? 1 : Math.min((0.1 * rms(P)) / size, 10);
            expectClose(minus(P, trusted), times(update, ratio), 1e-5);
            const [clipped = []] = await trained(make(0.1, {wd: 0, after: [clipUpdateRms], clipRms: 0.5}), grads);
            expectClose(minus(P, clipped), times(update, size > 0.05 ? 0.05 / size : 1), 1e-6);
          }));
      }

      it(`all of them run in one kernel with the step of ${name}`, () =>
        leakless(() => {
          const optimizer = make(0.1, {wd: 0, after: [cautious, trustRatio, clipUpdateRms]});
          const variable = variableOf(P);
          const alone = make(0.1, {wd: 0, after: []});
          for (const one of [optimizer, alone])
            tf.tidy(() => {
              one.applyGradients([{name: variable.name, tensor: tf.onesLike(variable)}]);
            });
          expect(optimizer.fusedOn).toBe(alone.fusedOn);
          expect(alone.fusedOn.startsWith(backend)).toBeTrue();
          optimizer.dispose();
          alone.dispose();
          variable.dispose();
        }));
    }

    it('leaves a parameter where it is if no element agrees, and passes NaN on', () =>
      leakless(async () => {
        const against = GRADS.slice(0, 1).concat([times(present(GRADS[0]), -0.1)]);
        const [first = [], second = []] = await trained(sgd(0.1, {mom: 0.9, wd: 0, after: [cautious]}), against);
        expect(second).toEqual(first);
        const faulty = [[NaN, 1, 1, 1]];
        for (const after of [[cautious], [trustRatio], [clipUpdateRms]]) {
          const [broken = []] = await trained(sgd(0.1, {wd: 0, after}), faulty);
          expect(broken[0]).toBeNaN();
        }
      }));

    it('trustRatio after Adam is LAMB', () =>
      leakless(async () => {
        const expected = await trained(lamb(0.1, {wd: 0.1}));
        const settings = {mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0.1, after: [trustRatio]};
        expectClose((await trained(adam(0.1, settings))).flat(), expected.flat(), 1e-6);
      }));

    it('trustRatio leaves a parameter of zeros and an update of zeros as they are, and has a limit', () =>
      leakless(async () => {
        const variable = variableOf([0, 0, 0, 0]);
        const optimizer = sgd(0.5, {after: [trustRatio], params: [variable]});
        tf.tidy(() => {
          optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d([1, -2, 3, 0])}]);
        });
        expect([...(await variable.data())]).toEqual([-0.5, 1, -1.5, 0]);
        optimizer.dispose();
        variable.dispose();
        expect(await trained(sgd(0.5, {wd: 0, after: [trustRatio]}), [[0, 0, 0, 0]])).toEqual([P]);
        expect(await trained(sgd(0, {wd: 0, after: [trustRatio]}))).toEqual([P, P]);
        const [limited = []] = await trained(
          sgd(0.5, {wd: 0, after: [trustRatio.with({maxRatio: 0.5})]}),
          GRADS.slice(0, 1),
        );
        expectClose(limited, minus(P, times(present(GRADS[0]), 0.25)), 1e-6);
      }));

    it('clipUpdateRms follows the rate, and clips updates of any size', () =>
      leakless(async () => {
        for (const size of [1e-30, 1, 1e25]) {
          const optimizer = sgd(0.5, {wd: 0, after: [clipUpdateRms]});
          const [got = []] = await trained(optimizer, [times([1, -1, 2, -2], size)]);
          const factor = Math.min(0.5, 0.5 / (size * rms([1, -1, 2, -2])));
          expectClose(got, minus(P, times([1, -1, 2, -2], size * factor)), 1e-6);
        }
        expect(() => sgd(0.5, {after: [clipUpdateRms], clipRms: 0})).toThrowError(
          "'clipRms' must be a number above 0; got 0.",
        );
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);
