import {
  adam,
  averageSqrGrad,
  type BaseSettings,
  callback,
  Lookahead,
  lookahead,
  Optimizer,
  optimizers,
  partition,
  required,
  rmsProp,
  sgd,
  startAt,
  weightDecay,
} from '../../src';

/**
 * A rule of a user's own, with every kind of entry: an option of each type, a host number, a start that takes its
 * shape from the gradient.
 */
export const peakStep = callback(
  'peakStep',
  {
    hypers: {lr: required, mom: 0.9},
    state: {peak: startAt(({grad}) => grad.abs()), seen: 0},
    options: {boost: 1, halve: false},
  },
  ({p, grad, peak, seen, lr, mom, boost, halve}) => {
    const now = peak.mul(mom).add(grad.abs());
    const rate = (lr * boost) / Math.sqrt(seen + 1) / (halve ? 2 : 1);
    return {p: p.sub(grad.mul(rate).div(now.add(0.1))), peak: now, seen: seen + 1};
  },
);

/** Optimizers to test: the table of the package, and others that are built from its parts. All have `lr` and `wd`. */
export const everyOptimizer: ReadonlyArray<{
  readonly name: string;
  readonly make: (lr: number, settings?: Pick<BaseSettings, keyof BaseSettings>) => Optimizer;
}> = [
  ...optimizers,
  {name: 'sgd with momentum', make: (lr, settings) => sgd(lr, {mom: 0.9, ...settings})},
  {
    name: 'rmsProp with momentum and L2',
    make: (lr, settings) => rmsProp(lr, {mom: 0.9, decoupleWd: false, ...settings}),
  },
  {name: 'lookahead over sgd', make: (lr, settings) => lookahead(sgd(lr, settings), {k: 3, alpha: 0.7})},
  {
    name: "lookahead over a user's composition",
    make: (lr, settings) =>
      new Lookahead(
        new Optimizer([weightDecay, averageSqrGrad, peakStep.with({boost: 2, halve: true})], {...settings, lr}),
        {k: 2},
      ),
  },
  {
    name: 'a partition',
    make: (lr, settings) =>
      partition([{of: ({rank}) => rank !== 1, by: adam(lr)}, {by: sgd(lr, {mom: 0.9})}], settings),
  },
];
