import {clipGlobalNorm, clipGradNorm, clipGradValue} from '../../callbacks/clip';
import type {Optimizer} from '../../optimizer/optimizer';
import type {Callback} from '../../rule/declaration';
import {adadelta} from '../../table/adadelta';
import {adagrad} from '../../table/adagrad';
import {adamax} from '../../table/adamax';
import {rmsProp, sgd} from '../../table/fastai';
import {lion} from '../../table/lion';
import {kerasAdam} from './keras_adam';

/** How an optimizer of this package is one of Keras. */
export interface OptimizerRow {
  /** Its class in Keras. */
  readonly kind: string;
  /** The callbacks after clipping and decay, each with the options that matter. */
  readonly chain: readonly string[];
  /** Hypers by our name, with Keras's. */
  readonly hypers: Readonly<Record<string, string>>;
  /** What else Keras's configuration says. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * The state in Keras's order: for each list, all its entries of the first variable, then those of the next one.
   */
  readonly entries: ReadonlyArray<readonly string[]>;
  /** What our value is times, and plus, to be that of Keras. Default: equal. */
  readonly scale?: (hypers: Readonly<Record<string, number>>) => {readonly times: number; readonly plus: number};
  /** Whether its parameters count steps. */
  readonly counts?: boolean;
  /** Hypers that must be 0, because Keras lacks them. */
  readonly zero?: readonly string[];
  /** What differs in Keras. Absent where both compute the same. */
  readonly differs?: string;
}

const AVERAGED = 'averageGrad{"dampening":true}';
const SQUARED = 'averageSqrGrad{"dampening":true}';
const MOMENTUM = 'averageGrad{"dampening":false}';
const ADAM = {hypers: {mom: 'beta_1', sqrMom: 'beta_2', eps: 'epsilon'}, counts: true};
const PLAIN = {kind: 'Adam', config: {amsgrad: false}, entries: [['gradAvg', 'sqrAvg']], ...ADAM};
const AMSGRAD = {kind: 'Adam', config: {amsgrad: true}, entries: [['gradAvg', 'sqrAvg'], ['maxSqrAvg']], ...ADAM};
const RMS = {kind: 'RMSprop', hypers: {sqrMom: 'rho', eps: 'epsilon'}, config: {momentum: 0, centered: false}};
// Keras's momentum contains the learning rate, with the sign of the update.
const RATED: Pick<OptimizerRow, 'scale' | 'entries'> = {
  entries: [['gradAvg']],
  scale: ({lr = NaN}) => ({times: -lr, plus: 0}),
};
const ADAGRAD: Omit<OptimizerRow, 'chain'> = {
  kind: 'Adagrad',
  hypers: {initialAccumulatorValue: 'initial_accumulator_value', eps: 'epsilon'},
  entries: [['sqrSum']],
  scale: ({initialAccumulatorValue = NaN}) => ({times: 1, plus: initialAccumulatorValue}),
  counts: true,
  zero: ['lrDecay'],
};
const ADAMAX = {
  kind: 'Adamax',
  hypers: {mom: 'beta_1', sqrMom: 'beta_2', eps: 'epsilon'},
  entries: [['gradAvg', 'maxGrad']],
  counts: true,
  zero: ['lrDecay'],
};
const OUTSIDE = 'Keras adds eps outside of the debiasing of √v: use kerasAdam';

/** Every optimizer that can be moved. */
export const ROWS: readonly OptimizerRow[] = [
  {kind: 'SGD', chain: ['sgdStep'], hypers: {}, config: {momentum: 0}, entries: []},
  {kind: 'SGD', chain: [MOMENTUM, 'momentumStep'], hypers: {mom: 'momentum'}, config: {nesterov: false}, ...RATED},
  {
    kind: 'SGD',
    chain: [MOMENTUM, 'nesterovMomentumStep'],
    hypers: {mom: 'momentum'},
    config: {nesterov: true},
    ...RATED,
  },
  {...RMS, chain: [SQUARED, 'rmsPropRootStep'], entries: [['sqrAvg']]},
  {
    ...RMS,
    chain: [SQUARED, 'rmsPropRootStep', 'averageUpdate{"dampening":false}'],
    hypers: {...RMS.hypers, mom: 'momentum'},
    config: {centered: false},
    entries: [['sqrAvg'], ['updateAvg']],
  },
  {
    ...RMS,
    chain: [SQUARED, 'rmsPropStep'],
    entries: [['sqrAvg']],
    differs: "Keras adds eps in the root: use rmsProp(lr, {like: 'tf.train'})",
  },
  {...PLAIN, chain: [AVERAGED, SQUARED, 'stepStat', 'kerasAdamStep']},
  {...AMSGRAD, chain: [AVERAGED, SQUARED, 'stepStat', 'maxSqrGrad', 'kerasAdamStep']},
  {...PLAIN, chain: [AVERAGED, SQUARED, 'stepStat', 'adamStep'], differs: OUTSIDE},
  {...AMSGRAD, chain: [AVERAGED, SQUARED, 'stepStat', 'maxSqrGrad', 'adamStep'], differs: OUTSIDE},
  {...ADAGRAD, chain: ['stepStat', 'adagradStep{"epsInRoot":true}']},
  {
    ...ADAGRAD,
    chain: ['stepStat', 'adagradStep{"epsInRoot":false}'],
    differs: "Keras adds eps in the root: use adagrad(lr, {like: 'tf.train'})",
  },
  {
    kind: 'Adadelta',
    chain: ['adadeltaStep{"lag":false}'],
    hypers: {sqrMom: 'rho', eps: 'epsilon'},
    entries: [['sqrAvg', 'sqrDelta']],
  },
  {...ADAMAX, chain: [AVERAGED, 'stepStat', 'adamaxStep{"epsOutside":true}']},
  {
    ...ADAMAX,
    chain: [AVERAGED, 'stepStat', 'adamaxStep{"epsOutside":false}'],
    differs: "Keras adds eps to the largest gradient: use adamax(lr, {like: 'tf.train'})",
  },
  {kind: 'Lion', chain: ['lionStep'], hypers: {mom: 'beta_1', slowMom: 'beta_2'}, entries: [['lionAvg']]},
];

/** How Keras clips gradients, with our callback and its hyper, whose type is of no use where `make` sets it. */
export const CLIPPING: ReadonlyArray<{
  readonly theirs: string;
  readonly callback: Callback<{}, {}>;
  readonly hyper: string;
}> = [
  {theirs: 'clipvalue', callback: clipGradValue, hyper: 'clipValue'},
  {theirs: 'clipnorm', callback: clipGradNorm, hyper: 'clipNorm'},
  {theirs: 'global_clipnorm', callback: clipGlobalNorm, hyper: 'globalClipNorm'},
];

/** The settings of Keras's base class that have no counterpart, with the values that switch them off. */
export const BASE_OFF: Readonly<Record<string, unknown>> = {
  use_ema: false,
  loss_scale_factor: null,
  gradient_accumulation_steps: null,
};

/** Makes the optimizer of a row. `values` are numbers by our names. */
export function make(row: OptimizerRow, values: Readonly<Record<string, number>>, clip: number): Optimizer {
  const {lr, ...hypers} = values;
  const clipping = CLIPPING[clip];
  const options = {
    ...hypers,
    // Keras decays every parameter.
    wdBnBias: true,
    ...(clipping !== undefined && {callbacks: [clipping.callback]}),
  };
  const like = 'tf.train';
  switch (row.kind) {
    case 'SGD':
      return sgd(lr, {...options, ...(row.config?.['nesterov'] === true && {nesterov: true})});
    case 'RMSprop':
      return rmsProp(lr, {...options, like});
    case 'Adam':
      return kerasAdam(lr, {...options, amsgrad: row.config?.['amsgrad'] === true});
    case 'Adagrad':
      return adagrad(lr, {...options, like});
    case 'Adadelta':
      return adadelta(lr, options);
    case 'Adamax':
      return adamax(lr, {...options, like});
    case 'Lion':
      return lion(lr, options);
    default:
      // Unreachable: each row has a case.
      throw new Error(`There is no optimizer for Keras's ${row.kind}.`);
  }
}
