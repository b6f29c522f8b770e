import {
  adadelta,
  adagrad,
  adam,
  adamax,
  averageGrad,
  type BaseSettings,
  type Callback,
  callback,
  type HyperValue,
  lamb,
  larc,
  lookahead,
  Optimizer,
  optimizers,
  qhAdam,
  rAdam,
  required,
  rmsProp,
  sgd,
  weightDecay,
  zeros,
} from '../../src';

/** The settings of every row of the table: a type, because an interface does not fit where any name is allowed. */
type TableSettings = Pick<BaseSettings, 'params'> & {readonly wd?: HyperValue};

/** One optimizer under test. */
export interface TableRow {
  readonly name: string;
  readonly make: (lr: HyperValue, settings?: TableSettings) => Optimizer;
}

/** Lion, which is not a rule of the package: a callback of its own with callbacks of the package. */
const testLionStep = callback(
  'testLionStep',
  {hypers: {lr: required, mom: required}, reads: {gradAvg: zeros}},
  ({p, grad, gradAvg, mom, lr}) => ({
    p: p.sub(
      (gradAvg ?? grad)
        .mul(mom)
        .add(grad.mul(1 - mom))
        .sign()
        .mul(lr),
    ),
  }),
);

/** Learning rates with which an optimizer comes near the minimum in few steps. */
export interface Rates {
  readonly quadratic: number;
  readonly rosenbrock: number;
}

const LIKE = {like: 'tf.train'} as const;

/** The package's table, with more options, Lookahead over other optimizers, and a user's composition. */
export const optimizerTable: readonly TableRow[] = [
  ...optimizers,
  {name: 'sgd with momentum', make: (lr, settings) => sgd(lr, {...settings, mom: 0.9})},
  {name: 'rmsProp with momentum', make: (lr, settings) => rmsProp(lr, {...settings, mom: 0.9})},
  {name: 'adam with L2', make: (lr, settings) => adam(lr, {...settings, decoupleWd: false})},
  {name: 'sgd with Nesterov momentum', make: (lr, settings) => sgd(lr, {...settings, mom: 0.9, nesterov: true})},
  {name: 'sgd with dampening', make: (lr, settings) => sgd(lr, {...settings, mom: 0.9, dampening: 0.9})},
  {name: 'adam with AMSGrad', make: (lr, settings) => adam(lr, {...settings, amsgrad: true})},
  {
    name: 'adagrad with a first value and decay of the rate',
    make: (lr, settings) => adagrad(lr, {...settings, initialAccumulatorValue: 0.1, lrDecay: 0.01}),
  },
  {name: 'adagrad like tf.train', make: (lr, settings) => adagrad(lr, {...settings, ...LIKE})},
  {name: 'adadelta like tf.train', make: (lr, settings) => adadelta(lr, {...settings, ...LIKE, eps: 0.01})},
  {name: 'adamax like tf.train', make: (lr, settings) => adamax(lr, {...settings, ...LIKE, lrDecay: 0.01})},
  {name: 'rmsProp like tf.train', make: (lr, settings) => rmsProp(lr, {...settings, ...LIKE, mom: 0.5})},
  {
    name: 'rmsProp like tf.train, centered',
    make: (lr, settings) => rmsProp(lr, {...settings, ...LIKE, centered: true, eps: 1e-3}),
  },
  {name: 'rAdam with beta', make: (lr, settings) => rAdam(lr, {...settings, beta: 50})},
  {name: 'larc without clip', make: (lr, settings) => larc(lr, {...settings, clip: false})},
  {name: 'larc without momentum', make: (lr, settings) => larc(lr, {...settings, mom: 0})},
  {name: 'lookahead over sgd', make: (lr, settings) => lookahead(sgd(lr, settings), {k: 4})},
  {name: 'lookahead over lamb', make: (lr, settings) => lookahead(lamb(lr, settings), {k: 5, alpha: 0.8})},
  {name: 'lookahead over qhAdam', make: (lr, settings) => lookahead(qhAdam(lr, settings))},
  {
    name: "a user's composition",
    make: (lr, settings) =>
      new Optimizer<readonly Callback[]>([weightDecay, averageGrad.with({dampening: true}), testLionStep], {
        ...settings,
        lr,
      }),
  },
];

const RATES: Readonly<Record<string, Partial<Rates>>> = {
  sgd: {rosenbrock: 0.001},
  rmsProp: {quadratic: 0.1},
  rAdam: {rosenbrock: 0.001},
  qhAdam: {rosenbrock: 0.03},
  larc: {rosenbrock: 0.01},
  lamb: {quadratic: 0.03},
  prodigy: {quadratic: 1, rosenbrock: 1},
  scheduleFreeRAdam: {quadratic: 2, rosenbrock: 0.1},
  'sgd with momentum': {quadratic: 0.1, rosenbrock: 0.001},
  'rmsProp with momentum': {quadratic: 0.1, rosenbrock: 0.001},
  'rAdam with beta': {rosenbrock: 0.001},
  'larc without clip': {rosenbrock: 0.01},
  'larc without momentum': {quadratic: 2, rosenbrock: 0.3},
  'lookahead over sgd': {rosenbrock: 0.001},
  'lookahead over lamb': {quadratic: 0.1},
  'lookahead over qhAdam': {rosenbrock: 0.03},
  adagrad: {rosenbrock: 0.3},
  adadelta: {quadratic: 50, rosenbrock: 5},
  'sgd with Nesterov momentum': {quadratic: 0.1, rosenbrock: 0.0003},
  'adagrad with a first value and decay of the rate': {rosenbrock: 0.5},
  'adagrad like tf.train': {rosenbrock: 0.3},
  'adamax like tf.train': {rosenbrock: 0.01},
  "a user's composition": {quadratic: 0.1},
  'wrapped sgd': {rosenbrock: 0.001},
  'wrapped momentum': {quadratic: 0.1, rosenbrock: 0.001},
  'wrapped nesterov': {quadratic: 0.1, rosenbrock: 0.001},
  'wrapped adagrad': {rosenbrock: 0.3},
  'wrapped adadelta': {quadratic: 0.3},
  'wrapped adamax': {rosenbrock: 0.01},
  'lookahead over wrapped adam': {rosenbrock: 0.01},
  'wrapped rmsprop': {quadratic: 0.1},
};

/** The rates of a row. A new optimizer of the package's table gets those that suit most. */
export function ratesOf({name}: TableRow): Rates {
  return {quadratic: 0.5, rosenbrock: 0.003, ...RATES[name]};
}
