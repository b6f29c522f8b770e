import {adaptiveGradClip, type Callback, centralizeGrad, Optimizer, orthoGrad, sgdStep} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {tf} from './support/tfjs';

/** What the gradient of one step becomes. */
async function changed(callback: Callback, p: tf.Tensor, grad: tf.Tensor): Promise<number[]> {
  const variable = tf.tidy(() => tf.variable(p));
  const optimizer = new Optimizer<readonly Callback[]>([callback, sgdStep], {lr: 1, params: [variable]});
  optimizer.applyGradients([{name: variable.name, tensor: grad}]);
  const difference = tf.tidy(() => tf.sub(p, variable));
  const values = Array.from(await difference.data());
  optimizer.dispose();
  tf.dispose([variable, difference, p, grad]);
  return values;
}

const MATRIX = [
  [3, 0.25],
  [4, 0],
];

describeBackends(
  'A callback that changes gradients:',
  () => {
    it('adaptiveGradClip scales columns by themselves, and those that are short stay', () =>
      leakless(async () => {
        // The norms of the parameter's columns are 5 and 0.25, those of the gradient's 10 and 0.
        const grad = tf.tensor2d([6, 0, 8, 0.001], [2, 2]);
        expectClose(await changed(adaptiveGradClip, tf.tensor2d(MATRIX), grad), [0.03, 0, 0.04, 0.001], 1e-6);
      }));

    it('adaptiveGradClip takes a vector as one unit', () =>
      leakless(async () => {
        const clipped = await changed(adaptiveGradClip, tf.tensor1d([3, 4]), tf.tensor1d([6, 8]));
        expectClose(clipped, [0.03, 0.04], 1e-6);
      }));

    it('adaptiveGradClip keeps NaN in its column, and makes a column 0 whose norm overflows', () =>
      leakless(async () => {
        // In single precision, the square of 1e25 is infinite.
        const grad = tf.tensor2d([NaN, 1e25, 1, 1], [2, 2]);
        expectClose(await changed(adaptiveGradClip, tf.tensor2d(MATRIX), grad), [NaN, 0, NaN, 0], 0);
      }));

    it('centralizeGrad subtracts the mean of each column, and leaves vectors alone', () =>
      leakless(async () => {
        const centered = await changed(centralizeGrad, tf.zeros([2, 2]), tf.tensor2d([1, 2, 3, 6], [2, 2]));
        expectClose(centered, [-1, -2, 1, 2], 1e-6);
        expectClose(await changed(centralizeGrad, tf.zeros([2]), tf.tensor1d([1, 3])), [1, 3], 0);
      }));

    it('centralizeGrad with convOnly changes only kernels of convolutions', () =>
      leakless(async () => {
        const convOnly = centralizeGrad.with({convOnly: true});
        expectClose(await changed(convOnly, tf.zeros([2, 1]), tf.tensor2d([1, 3], [2, 1])), [1, 3], 0);
        expectClose(await changed(convOnly, tf.zeros([1, 2, 1, 1]), tf.tensor4d([1, 3], [1, 2, 1, 1])), [-1, 1], 1e-6);
      }));

    it('orthoGrad keeps the length of the gradient, and takes away what is along the parameter', () =>
      leakless(async () => {
        expectClose(await changed(orthoGrad, tf.tensor1d([2, 0]), tf.tensor1d([3, 4])), [0, 5], 1e-6);
      }));

    it('orthoGrad leaves the gradient of a single number, and of a parameter of zeros', () =>
      leakless(async () => {
        expectClose(await changed(orthoGrad, tf.tensor1d([2]), tf.tensor1d([3])), [3], 0);
        expectClose(await changed(orthoGrad, tf.zeros([2]), tf.tensor1d([3, 4])), [3, 4], 1e-6);
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);
