import * as tf from '@tensorflow/tfjs';

import {
  adaBelief,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  adan,
  adEMAMix,
  adopt,
  type AnyCallback,
  callback,
  cautious,
  laProp,
  lastAxis,
  lion,
  muon,
  nAdamW,
  Optimizer,
  otherAxes,
  partition,
  qhAdam,
  rAdam,
  ranger,
  rmsProp,
  scheduleFree,
  sgd,
  sgdStep,
  type Value,
} from '../../src';

/** Two optimizers on the same parameters, and the most that the second may cost relative to the first. */
export interface Comparison {
  readonly name: string;
  readonly shapes: ReadonlyArray<readonly number[]>;
  readonly other: () => Optimizer;
  /** The first one; without it, only what is beside it is measured. */
  readonly base?: () => Optimizer;
  /** What is measured together with a step of the first. */
  readonly beside?: (gradient: tf.Tensor) => tf.Tensor;
  readonly limit: number;
  /** Whether times are divided by how many numbers a step moves: the parameter, its gradient and its state. */
  readonly isPerNumber?: true;
}

const MILLION = [[1000, 1000]];
const MANY = Array.from({length: 83}, () => [1000]);

/** Can't be traced, so that it runs as an ordinary operation between kernels. */
const halvedAlone = callback('halvedAlone', {takesUpdate: true}, ({update}) => {
  if (!(update instanceof tf.Tensor)) throw new Error('It must have tensors.');
  return {update: update.mul(0.5)};
});
const minus = (name: string, mean: (x: Value) => Value) =>
  callback(name, {}, ({grad}) => ({grad: grad.sub(mean(grad))}));
const minusMean = minus('minusMean', x => x.mean());
const minusRows = minus('minusRows', x => x.mean(lastAxis(x), true));
const minusColumns = minus('minusColumns', x => x.mean(otherAxes(x), true));
const minusBoth = minus('minusBoth', x => x.mean(lastAxis(x), true).add(x.mean(otherAxes(x), true)));

const descent =
  (...callbacks: readonly AnyCallback[]) =>
  () =>
    new Optimizer<readonly AnyCallback[]>([...callbacks, sgdStep], {lr: 1e-3});

const skipping = (
  what: string,
  shapes: Comparison['shapes'],
  make: (settings: {readonly skipNonFinite: boolean}) => Optimizer,
): Comparison => ({
  name: `skipNonFinite ÷ without, ${what}`,
  shapes,
  base: () => make({skipNonFinite: false}),
  other: () => make({skipNonFinite: true}),
  limit: 1.5,
});

/** Fifteen products, as many as five steps of Newton–Schulz. */
function fifteenProducts(gradient: tf.Tensor): tf.Tensor {
  for (let i = 0; i < 14; i++) tf.matMul(gradient, gradient).dispose();
  return tf.matMul(gradient, gradient);
}
const orthogonal = (length: number, limit: number): Comparison => ({
  name: `Muon ÷ fifteen products, ${length} × ${length}`,
  shapes: [[length, length]],
  beside: fifteenProducts,
  other: () => muon(1e-3),
  limit,
});

/** The rules of the table that compute each number from those at its place. */
const ELEMENTWISE: Readonly<Record<string, (lr: number) => Optimizer>> = {
  rmsProp,
  adam,
  rAdam,
  qhAdam,
  ranger,
  lion,
  nAdamW,
  adaBelief,
  adan,
  adopt,
  laProp,
  adEMAMix,
  adagrad,
  adadelta,
  adamax,
  scheduleFreeAdamW: lr => scheduleFree('adamW', lr),
  scheduleFreeSgd: lr => scheduleFree('sgd', lr),
  scheduleFreeRAdam: lr => scheduleFree('rAdam', lr),
};
const elementwise = (what: string, shapes: Comparison['shapes']) =>
  Object.entries(ELEMENTWISE).map(([rule, make]): Comparison => ({
    name: `${rule} ÷ AdamW, per number moved, ${what}`,
    shapes,
    base: () => adamW(1e-3),
    other: () => make(1e-3),
    limit: 1.5,
    isPerNumber: true,
  }));

export const COMPARISONS: readonly Comparison[] = [
  {
    name: 'cautious AdamW ÷ AdamW, 1 M',
    shapes: MILLION,
    base: () => adamW(1e-3),
    other: () => adamW(1e-3, {after: [cautious]}),
    limit: 1.6,
  },
  {
    name: 'row means ÷ full mean, 1 M',
    shapes: MILLION,
    base: descent(minusMean),
    other: descent(minusRows),
    limit: 1.3,
  },
  {
    name: 'column means ÷ full mean, 1 M',
    shapes: MILLION,
    base: descent(minusMean),
    other: descent(minusColumns),
    limit: 1.3,
  },
  {
    name: 'row and column means ÷ full mean, 1 M',
    shapes: MILLION,
    base: descent(minusMean),
    other: descent(minusBoth),
    limit: 1.3,
  },
  skipping('Adam, 1 M', MILLION, settings => adam(1e-3, settings)),
  skipping('Adam, 83 of 1,000', MANY, settings => adam(1e-3, settings)),
  skipping('SGD, 1 M', MILLION, settings => sgd(1e-3, settings)),
  {
    name: 'a partition of SGD with momentum and AdamW ÷ AdamW, 83 of 1,000',
    shapes: MANY,
    base: () => adamW(1e-3),
    other: () => {
      let taken = 0;
      return partition([{of: () => taken++ % 2 === 0, by: sgd(1e-3, {mom: 0.9})}, {by: adamW(1e-3)}]);
    },
    limit: 1.25,
  },
  {
    name: 'AdamW with a product alone ÷ AdamW and the same product, 1 M',
    shapes: MILLION,
    base: () => adamW(1e-3),
    other: () => adamW(1e-3, {after: [halvedAlone]}),
    beside: gradient => gradient.mul(0.5),
    // Its own operation, the step, and at most two passes.
    limit: 3,
  },
  orthogonal(64, 2.5),
  orthogonal(512, 1.3),
  ...elementwise('1 M', MILLION),
  ...elementwise('83 of 1,000', MANY),
];
