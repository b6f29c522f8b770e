import {adam, type Ema, ema, saveOptimizer} from '../../src';
import {isTensor} from '../../src/util/tensors';
import {registerWasmTraining} from '../../src/wasm_training/register';
import {type BackendName, describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {stockProducts} from '../support/stock_kernels';
import {tf} from '../support/tfjs';

/** Inputs that tfjs's kernels may keep packed from one call to the next. */
interface Product {
  readonly shape: number[];
  /** The product with a tensor of that shape as the weights, or as the bias. */
  readonly of: (weights: tf.Tensor) => tf.Tensor;
}

const filled = (shape: number[], seed: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => Math.sin(seed + 1.7 * i)),
    shape,
  );
const matrix = (seed: number): tf.Tensor2D => filled([4, 4], seed).as2D(4, 4);
const image = (): tf.Tensor4D => filled([1, 5, 5, 4], 5).as4D(1, 5, 5, 4);
const same = {strides: 1, pad: 'same'} as const;
const FULL = {
  convolution: (filter: tf.Tensor, bias?: tf.Tensor, alpha?: tf.Tensor) =>
    tf.fused.conv2d({
      x: image(),
      filter: filter.as4D(1, 1, 4, 4),
      bias: bias ?? filled([4], 2),
      ...same,
      ...activationOf(alpha),
    }),
  depthwise: (filter: tf.Tensor, bias?: tf.Tensor, alpha?: tf.Tensor) =>
    tf.fused.depthwiseConv2d({
      x: image(),
      filter: filter.as4D(2, 2, 4, 1),
      bias: bias ?? filled([4], 2),
      ...same,
      ...activationOf(alpha),
    }),
  product: (b: tf.Tensor, bias?: tf.Tensor, alpha?: tf.Tensor) =>
    tf.fused.matMul({a: matrix(1), b: b.as2D(4, 4), bias: bias ?? filled([4], 2), ...activationOf(alpha)}),
};

function activationOf(
  alpha: tf.Tensor | undefined,
): {activation: 'relu'} | {activation: 'prelu'; preluActivationWeights: tf.Tensor} {
  return alpha === undefined ? {activation: 'relu'} : {activation: 'prelu', preluActivationWeights: alpha};
}

const PRODUCTS: Readonly<Record<string, Product>> = {
  matMul: {shape: [4, 4], of: b => tf.matMul(matrix(1), b)},
  'a batch of matMul': {shape: [2, 4, 4], of: b => tf.matMul(filled([2, 4, 4], 3), b)},
  'matMul, transposed': {shape: [4, 4], of: b => tf.matMul(matrix(1), b, false, true)},
  dot: {shape: [4, 4], of: b => tf.dot(matrix(1), b)},
  'fused matMul': {shape: [4, 4], of: b => FULL.product(b)},
  'the bias of fused matMul': {shape: [4], of: bias => FULL.product(matrix(6), bias)},
  'the alpha of fused matMul': {shape: [4], of: alpha => FULL.product(matrix(6), undefined, alpha)},
  conv1d: {
    shape: [2, 4, 3],
    of: filter => tf.conv1d(filled([1, 6, 4], 4).as3D(1, 6, 4), filter.as3D(2, 4, 3), 1, 'same'),
  },
  conv2d: {shape: [1, 1, 4, 4], of: filter => tf.conv2d(image(), filter.as4D(1, 1, 4, 4), 1, 'same')},
  'conv2d of 3 × 3': {shape: [3, 3, 4, 2], of: filter => tf.conv2d(image(), filter.as4D(3, 3, 4, 2), 1, 'valid')},
  conv2dTranspose: {
    shape: [2, 2, 3, 4],
    of: filter => tf.conv2dTranspose(image(), filter.as4D(2, 2, 3, 4), [1, 10, 10, 3], 2, 'same'),
  },
  'fused conv2d': {shape: [1, 1, 4, 4], of: filter => FULL.convolution(filter)},
  'the bias of fused conv2d': {shape: [4], of: bias => FULL.convolution(matrix(6), bias)},
  'the alpha of fused conv2d': {shape: [4], of: alpha => FULL.convolution(matrix(6), undefined, alpha)},
  depthwiseConv2d: {
    shape: [2, 2, 4, 1],
    of: filter => tf.depthwiseConv2d(image(), filter.as4D(2, 2, 4, 1), 1, 'same'),
  },
  'fused depthwiseConv2d': {shape: [2, 2, 4, 1], of: filter => FULL.depthwise(filter)},
  'the bias of fused depthwiseConv2d': {shape: [4], of: bias => FULL.depthwise(matrix(6), bias)},
  'the alpha of fused depthwiseConv2d': {shape: [4], of: alpha => FULL.depthwise(matrix(6), undefined, alpha)},
  separableConv2d: {
    shape: [1, 1, 4, 4],
    of: pointwise =>
      tf.separableConv2d(image(), filled([2, 2, 4, 1], 7).as4D(2, 2, 4, 1), pointwise.as4D(1, 1, 4, 4), 1, 'same'),
  },
  conv3d: {
    shape: [1, 2, 2, 4, 2],
    of: filter => tf.conv3d(filled([1, 2, 5, 5, 4], 8).as5D(1, 2, 5, 5, 4), filter.as5D(1, 2, 2, 4, 2), 1, 'same'),
  },
  prelu: {shape: [4], of: alpha => tf.prelu(matrix(1), alpha)},
  'the scale of batchNorm': {
    shape: [4],
    of: scale => tf.batchNorm(matrix(1), filled([4], 1), tf.ones([4]), undefined, scale),
  },
};

/** A run of training in which products are computed on the way. */
class Training {
  readonly variable: tf.Variable;
  readonly optimizer: Ema;
  readonly seen: number[][] = [];
  readonly #gradient: tf.Tensor;

  constructor(readonly product: Product) {
    this.variable = tf.tidy(() => tf.variable(filled(product.shape, 0)));
    this.#gradient = filled(product.shape, 9);
    this.optimizer = ema(adam(0.1, {params: [this.variable]}), {decay: 0.5});
  }

  step(): void {
    this.optimizer.applyGradients({[this.variable.name]: this.#gradient});
  }

  /** Computes the product with each tensor. */
  multiply(...tensors: readonly unknown[]): void {
    for (const tensor of tensors) {
      if (isTensor(tensor) && tf.util.arraysEqual(tensor.shape, this.product.shape))
        this.seen.push(tf.tidy(() => [...this.product.of(tensor).dataSync()]));
    }
  }

  get state(): unknown[] {
    return Object.values(this.optimizer.state.get(this.variable));
  }

  dispose(): void {
    this.optimizer.dispose();
    tf.dispose([this.variable, this.#gradient]);
  }
}

/** A way by which a parameter or state leaves the optimizer, is multiplied, and is gone again. */
type Way = (training: Training) => void | Promise<void>;

const tensorsIn = (states: ReadonlyArray<Readonly<Record<string, unknown>>>): tf.Tensor[] =>
  states.flatMap(state => Object.values(state)).filter(isTensor);

const clones = (state: readonly unknown[]): tf.Tensor[] => state.filter(isTensor).map(tensor => tensor.clone());

const WAYS: Readonly<Record<string, Way>> = {
  'the variable': at => {
    at.multiply(at.variable);
  },
  'a clone of the variable': at => {
    const clone = at.variable.clone();
    at.multiply(clone);
    clone.dispose();
  },
  'a variable that was assigned it': at => {
    const other = tf.tidy(() => tf.variable(tf.zeros(at.product.shape)));
    other.assign(at.variable);
    at.multiply(other);
    other.dispose();
  },
  eval: at => {
    at.optimizer.eval();
    at.multiply(at.variable);
    at.optimizer.train();
    at.multiply(at.variable);
  },
  'state.get': at => {
    at.multiply(...at.state);
  },
  allParams: at => {
    at.multiply(...Object.values(present(at.optimizer.allParams()[0]).state));
  },
  'clones of the state': at => {
    const held = clones(at.state);
    at.multiply(...held);
    tf.dispose(held);
  },
  'variables of the state': at => {
    for (const tensor of clones(at.state)) {
      const shown = tf.variable(tensor);
      at.multiply(shown);
      tf.dispose([shown, tensor]);
    }
  },
  stateDict: at => {
    const {state} = at.optimizer.stateDict();
    at.multiply(...tensorsIn(state));
    tf.dispose(tensorsIn(state));
  },
  'loadStateDict, whose tensors the caller keeps for a step': at => {
    const dict = at.optimizer.stateDict();
    at.optimizer.loadStateDict(dict);
    const tensors = tensorsIn(dict.state);
    at.multiply(...tensors);
    at.step();
    at.multiply(...tensors, ...at.state);
    tf.dispose(tensorsIn(dict.state));
  },
  'loadStateDict, whose tensors the caller disposes': at => {
    const dict = at.optimizer.stateDict();
    at.multiply(...tensorsIn(dict.state));
    at.optimizer.loadStateDict(dict);
    tf.dispose(tensorsIn(dict.state));
  },
  'state.set': at => {
    const averages = tf.tidy(() => filled(at.product.shape, 11).square());
    at.multiply(averages);
    at.optimizer.state.set(at.variable, {sqrAvg: averages});
    at.multiply(averages);
    averages.dispose();
  },
  getWeights: async at => {
    at.multiply(...(await at.optimizer.getWeights()).map(({tensor}) => tensor));
  },
  'getWeights that is awaited after a step': async at => {
    const weights = at.optimizer.getWeights();
    at.step();
    at.multiply(...(await weights).map(({tensor}) => tensor));
  },
  setWeights: async at => {
    const weights = (await at.optimizer.getWeights()).map(({name, tensor}) => ({name, tensor: tensor.clone()}));
    at.multiply(...weights.map(({tensor}) => tensor));
    await at.optimizer.setWeights(weights);
    tf.dispose(weights.map(({tensor}) => tensor));
  },
  'saving that is not awaited': async at => {
    const saving = saveOptimizer(at.optimizer, memoryHandler());
    at.multiply(...at.state);
    at.step();
    at.multiply(...at.state);
    await saving;
  },
  gradients: at => {
    const {grads} = at.optimizer;
    const gradient = tf.tidy(() => filled(at.product.shape, 12));
    grads.set(at.variable, gradient);
    at.multiply(gradient, grads.get(at.variable));
    at.optimizer.step();
    grads.add(at.variable, gradient);
    at.multiply(grads.get(at.variable));
    at.optimizer.step();
    at.optimizer.zeroGrad();
    gradient.dispose();
  },
};

/** The products of a way, those of the variable, and then those of the state. */
async function seenOn(backend: BackendName, way: Way, product: Product): Promise<number[][]> {
  await tf.setBackend(backend);
  const training = new Training(product);
  for (let round = 0; round < 3; round++) {
    training.step();
    await way(training);
    training.multiply(training.variable);
  }
  training.multiply(...training.state);
  training.dispose();
  return training.seen;
}

/** tfjs's own kernels. Other specs register ours, which stay registered. */
const stock = stockProducts;

function exchange(kernels: typeof stock): typeof stock {
  return kernels.flatMap(kernel => {
    const {kernelName} = kernel;
    const before = tf.getKernel(kernelName, 'wasm');
    tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel(kernel);
    return before;
  });
}

describeBackends(
  'after a write in place the products of tfjs see the new values',
  () => {
    let before = stock;
    for (const [kernels, use] of [
      [
        "tfjs's own kernels",
        () => {
          before = exchange(stock);
        },
      ],
      [
        'wasm-training',
        () => {
          before = exchange(stock);
          registerWasmTraining();
        },
      ],
    ] as const) {
      describe(`with ${kernels}`, () => {
        beforeAll(use);
        afterAll(() => {
          exchange(before);
        });

        for (const [how, way] of Object.entries(WAYS)) {
          for (const [what, product] of Object.entries(PRODUCTS)) {
            it(`of ${how}, in ${what}`, () =>
              leakless(async () => {
                const expected = await seenOn('cpu', way, product);
                const seen = await seenOn('wasm', way, product);
                expect(seen.length).toBe(expected.length);
                expect(expected[0]).not.toEqual(expected.at(-1));
                seen.forEach((values, i) => {
                  expectClose(values, present(expected[i]), 1e-5, `product ${i}`);
                });
              }));
          }
        }
      });
    }

    it('has both kinds of kernels to compare', () => {
      expect(stock.length).toBe(2);
      for (const {kernelFunc} of stock) expect(Object.getOwnPropertySymbols(kernelFunc)).toEqual([]);
    });
  },
  ['wasm'],
);
