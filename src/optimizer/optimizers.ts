import {l2Reg, weightDecay} from '../callbacks/decay';
import {skipping, type SkipSettings} from '../callbacks/skip';
import {averageGrad, averageSqrGrad, stepStat} from '../callbacks/stats';
import {adamStep, lambStep, momentumStep, qhAdamStep, rAdamStep, rmsPropStep, sgdStep} from '../callbacks/steps';
import {larcLayerLr, larcStep} from '../callbacks/trust';
import type {Callback, HyperDecl} from '../rule/declaration';
import type {HyperValue} from '../rule/slice';
import {listOf} from '../util/iterable';
import {Ema} from './ema';
import {Lookahead, type LookaheadOptions} from './lookahead';
import {Optimizer} from './optimizer';
import {checkRowArguments} from './row_arguments';
import type {AnyCallback, BaseSettings, HyperNames, HYPERS, Settings} from './settings';
import {declareTableHypers} from './table_hypers';

/** Settings that every optimizer of the table takes beside its hypers. */
export interface RowSettings<
  P extends readonly AnyCallback[],
  A extends readonly AnyCallback[] = readonly AnyCallback[],
>
  extends BaseSettings, SkipSettings {
  /** Decay the weights themselves (true, the default), or add `wd·p` to the gradient as L2 regularization does. */
  readonly decoupleWd?: boolean;
  /** Callbacks to run before the optimizer's own, such as clipping. Their hypers are set by name like the others. */
  readonly callbacks?: P;
  /**
   * Callbacks to run after the optimizer's step, such as those that take its update (`takesUpdate`). Their hypers are
   * set by name like the others.
   */
  readonly after?: A;
}

/**
 * What an optimizer of the table is given beside the learning rate. Ranges: `lr`, `wd`, `eps`, `trustCoeff` and `beta`
 * from 0; `mom` and `sqrMom` from 0 to below 1; `nu1` and `nu2` any number, from 0 to 1 by their meaning. `object`
 * keeps the compiler from taking a number for settings of which none are given.
 */
export type RowOptions<
  H,
  X,
  P extends readonly AnyCallback[],
  A extends readonly AnyCallback[] = readonly [],
> = object & {readonly [K in keyof H]?: HyperValue} & X & RowSettings<P, A> & Settings<readonly [...P, ...A]>;

/** The names of the hypers of a row with these callbacks around its own. */
type RowHypers<H, P extends readonly AnyCallback[], A extends readonly AnyCallback[]> =
  'lr' | (keyof H & string) | HyperNames<readonly [...P, ...A]>;

interface OptimizerRow<H, X> {
  readonly name: string;
  /** The function that makes it, for errors. */
  readonly factory: string;
  /** The hypers and their defaults, beside `lr`. */
  readonly hypers: H;
  /** The callbacks after decay. `momentum` says whether `mom` is not 0 at construction. */
  readonly chain: (momentum: boolean, options: X) => readonly Callback[];
  /** Settings that are neither hypers nor common to all optimizers, with their defaults. */
  readonly extra: Required<X>;
}

/** What the class of a row can do; named, so that declarations can be written. */
interface RowClass<H, X> {
  /** The name by which saved models find the class. */
  readonly className: string;
  /** The hypers of the class, with their defaults. */
  readonly declaredHypers: HyperDecl;
  /** Makes an optimizer from what `getConfig` gave. */
  readonly fromConfig: typeof Optimizer.fromConfig;
  /**
   * @param lr the learning rate: one, one per group, or a `slice`. Default 1e-3.
   * @param options hypers by name, each one value, one value per group, or a `slice`; `decoupleWd`, `callbacks`,
   *   `after`, and the settings of every optimizer.
   * @throws for unknown or impossible hypers, settings that are given one by one, or parameters that can't be trained.
   */
  new <const P extends readonly AnyCallback[] = readonly [], const A extends readonly AnyCallback[] = readonly []>(
    lr?: HyperValue,
    options?: RowOptions<H, X, P, A>,
    ...more: undefined[]
  ): Optimizer<readonly Callback[]> & {readonly [HYPERS]?: RowHypers<H, P, A>};
}

/** The class of a row. The factory is a function of the same arguments. */
function rowClass<const H extends Readonly<Record<string, number>>, X extends object = {}>(
  row: OptimizerRow<H, X>,
): RowClass<H, X> {
  const declared: HyperDecl = row.hypers;
  declareTableHypers(declared);
  return class<
    const P extends readonly AnyCallback[] = readonly [],
    const A extends readonly AnyCallback[] = readonly [],
  > extends Optimizer<readonly Callback[]> {
    declare readonly [HYPERS]?: RowHypers<H, P, A>;

    static override get className(): string {
      return `TfjsOptim${row.name}`;
    }

    static override get declaredHypers(): HyperDecl {
      return declared;
    }

    constructor(lr: HyperValue = 1e-3, options?: RowOptions<H, X, P, A>, ...more: undefined[]) {
      checkRowArguments(row.factory, row.hypers, lr, [options, ...more]);
      const {
        decoupleWd = true,
        callbacks = [],
        after = [],
        skipNonFinite,
        ...rest
      }: Record<string, unknown> & RowSettings<readonly AnyCallback[]> = {...options};
      const extra = {...row.extra, ...options};
      const settings = Object.fromEntries(Object.entries(rest).filter(([name]) => !Object.hasOwn(row.extra, name)));
      const own = row.chain(momentumOf(settings['mom'], row.hypers['mom']), extra);
      const decay = decoupleWd ? weightDecay : l2Reg;
      super(
        [
          ...listOf<AnyCallback>(callbacks),
          ...skipping(skipNonFinite, options?.maxGradNorm),
          decay,
          ...own,
          ...listOf<AnyCallback>(after),
        ],
        {lr, ...settings},
        declared,
      );
    }
  };
}

const sgdRow = {
  name: 'SGD',
  factory: 'sgd',
  hypers: {mom: 0, wd: 0},
  extra: {},
  chain: (momentum: boolean) => (momentum ? [averageGrad, momentumStep] : [sgdStep]),
};
const rmsPropRow = {
  name: 'RMSProp',
  factory: 'rmsProp',
  hypers: {sqrMom: 0.99, mom: 0, wd: 0, eps: 1e-8},
  extra: {},
  chain: (momentum: boolean) => [...(momentum ? [averageGrad] : []), averageSqrGrad, rmsPropStep],
};
const averages = [averageGrad.with({dampening: true}), averageSqrGrad, stepStat];
const adamRow = {
  name: 'Adam',
  factory: 'adam',
  hypers: {mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0.01},
  extra: {},
  chain: () => [...averages, adamStep],
};
const rAdamRow = {
  name: 'RAdam',
  factory: 'rAdam',
  hypers: {mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0, beta: 0},
  extra: {},
  chain: () => [...averages, rAdamStep],
};
const qhAdamRow = {
  name: 'QHAdam',
  factory: 'qhAdam',
  hypers: {mom: 0.999, sqrMom: 0.999, nu1: 0.7, nu2: 1, eps: 1e-8, wd: 0},
  extra: {},
  chain: () => [...averages, qhAdamStep],
};
const larcRow = {
  name: 'Larc',
  factory: 'larc',
  hypers: {mom: 0.9, trustCoeff: 0.02, eps: 1e-8, wd: 0},
  extra: {clip: true},
  chain: (momentum: boolean, {clip}: {readonly clip?: boolean}) => [
    ...(momentum ? [averageGrad] : []),
    larcLayerLr.with({clip}),
    larcStep,
  ],
};
const lambRow = {
  name: 'Lamb',
  factory: 'lamb',
  hypers: {mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0},
  extra: {},
  chain: () => [...averages, lambStep],
};

/**
 * Stochastic gradient descent, with momentum where `mom` is not 0 when it is made: `v ← mom·v + grad`, `p ← p - lr·v`.
 * The momentum is not dampened. Decay first: `p ← p·(1 - lr·wd)`. Defaults: `lr` 1e-3, `mom` 0, `wd` 0. Setting `mom`
 * later on one made without has no effect.
 */
export class SGD<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends rowClass(sgdRow)<P, A> {}

/**
 * RMSProp: `s ← sqrMom·s + (1-sqrMom)·grad²`, `p ← p - lr·g/(√s + eps)`, where g is the gradient, or its undampened
 * momentum where `mom` is not 0 when it is made. Defaults: `lr` 1e-3, `sqrMom` 0.99, `mom` 0, `wd` 0, `eps` 1e-8.
 * Source: Hinton, Neural Networks for Machine Learning, lecture 6e, 2012.
 */
export class RMSProp<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends rowClass(rmsPropRow)<P, A> {}

/**
 * Adam with decoupled weight decay (AdamW); with `decoupleWd: false` Adam with L2. See {@link adamStep}. Defaults,
 * fastai's: `lr` 1e-3, `mom` 0.9, `sqrMom` 0.99, `eps` 1e-5, `wd` 0.01. The paper's are in `adamW`. Sources: Kingma &
 * Ba, Adam: A Method for Stochastic Optimization, 2015; Loshchilov & Hutter, Decoupled Weight Decay Regularization,
 * 2019.
 */
export class Adam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends rowClass(adamRow)<P, A> {}

/**
 * Rectified Adam; with `beta` (for example 50) SAdam's softplus. See {@link rAdamStep}. Defaults: `lr` 1e-3, `mom` 0.9,
 * `sqrMom` 0.99, `eps` 1e-5, `wd` 0, `beta` 0. Sources: Liu et al., On the Variance of the Adaptive Learning Rate and
 * Beyond, 2020; Tong et al., Calibrating the Adaptive Learning Rate to Improve Convergence of ADAM, 2019.
 */
export class RAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends rowClass(rAdamRow)<P, A> {}

/**
 * Quasi-hyperbolic Adam. See {@link qhAdamStep}. Defaults: `lr` 1e-3, `mom` 0.999, `sqrMom` 0.999, `nu1` 0.7, `nu2` 1,
 * `eps` 1e-8, `wd` 0. Source: Ma & Yarats, Quasi-hyperbolic Momentum and Adam for Deep Learning, 2019.
 */
export class QHAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends rowClass(qhAdamRow)<P, A> {}

/**
 * LARC, or LARS with `clip: false`: momentum at a learning rate of each parameter's own. See {@link larcLayerLr}.
 * Defaults: `lr` 1e-3, `mom` 0.9, `clip` true, `trustCoeff` 0.02, `eps` 1e-8, `wd` 0. Source: You et al., Large Batch
 * Training of Convolutional Networks, 2017.
 */
export class Larc<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends rowClass(larcRow)<P, A> {}

/**
 * LAMB, for large batches. See {@link lambStep}. Defaults: `lr` 1e-3, `mom` 0.9, `sqrMom` 0.99, `eps` 1e-5, `wd` 0.
 * Source: You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, 2020.
 */
export class Lamb<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
> extends rowClass(lambRow)<P, A> {}

/** What the factory of a row of the table is given beside the learning rate. */
export type Options<
  R extends {readonly hypers: object; readonly extra: object},
  P extends readonly AnyCallback[],
  A extends readonly AnyCallback[] = readonly [],
> = RowOptions<R['hypers'], Partial<R['extra']>, P, A>;

/** Makes {@link SGD}. */
export function sgd<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof sgdRow, P, A>, ...more: undefined[]): SGD<P, A> {
  return new SGD(lr, options, ...more);
}

/** Makes {@link RMSProp}. */
export function rmsProp<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof rmsPropRow, P, A>, ...more: undefined[]): RMSProp<P, A> {
  return new RMSProp(lr, options, ...more);
}

/** Makes {@link Adam}. */
export function adam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof adamRow, P, A>, ...more: undefined[]): Adam<P, A> {
  return new Adam(lr, options, ...more);
}

/**
 * Makes {@link Adam} with the values of the AdamW paper and of PyTorch's AdamW: `sqrMom` 0.999, `eps` 1e-8, `wd` 0.01.
 */
export function adamW<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof adamRow, P, A>, ...more: undefined[]): Adam<P, A> {
  checkRowArguments('adamW', adamRow.hypers, lr, [options, ...more]);
  return new Adam(lr, withDefaults({sqrMom: 0.999, eps: 1e-8}, options));
}

/** Makes {@link RAdam}. */
export function rAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof rAdamRow, P, A>, ...more: undefined[]): RAdam<P, A> {
  return new RAdam(lr, options, ...more);
}

/** Makes {@link QHAdam}. */
export function qhAdam<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof qhAdamRow, P, A>, ...more: undefined[]): QHAdam<P, A> {
  return new QHAdam(lr, options, ...more);
}

/** Makes {@link Larc}. */
export function larc<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof larcRow, P, A>, ...more: undefined[]): Larc<P, A> {
  return new Larc(lr, options, ...more);
}

/** Makes {@link Lamb}. */
export function lamb<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(lr: HyperValue = 1e-3, options?: Options<typeof lambRow, P, A>, ...more: undefined[]): Lamb<P, A> {
  return new Lamb(lr, options, ...more);
}

/** Makes {@link Lookahead} over an optimizer, which it takes over. */
export function lookahead<I extends Optimizer>(
  inner: I,
  options: LookaheadOptions = {},
  ...more: undefined[]
): Lookahead<I> {
  return new Lookahead(inner, options, ...more);
}

/**
 * Ranger: {@link Lookahead} over {@link RAdam}. Defaults: `lr` 1e-3, `mom` 0.95, `sqrMom` 0.99, `eps` 1e-6, `wd` 0.01,
 * `beta` 0, `k` 6, `alpha` 0.5. Source: Wright, Ranger: a synergistic optimizer, 2019.
 */
export function ranger<
  const P extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(
  lr: HyperValue = 1e-3,
  options?: Options<typeof rAdamRow, P, A> & LookaheadOptions,
  ...more: undefined[]
): Lookahead {
  checkRowArguments('ranger', rAdamRow.hypers, lr, [options, ...more]);
  const {k, alpha, ...rest}: LookaheadOptions = {...options};
  return new Lookahead(new RAdam(lr, withDefaults({mom: 0.95, wd: 0.01, eps: 1e-6}, rest)), {k, alpha});
}

/**
 * The optimizers of the package: registration, tests, benchmarks and documentation go through this table.
 * `make` makes one with its defaults, except for what it is given.
 */
export const optimizers = [
  {name: 'sgd', make: sgd},
  {name: 'rmsProp', make: rmsProp},
  {name: 'adam', make: adam},
  {name: 'adamW', make: adamW},
  {name: 'rAdam', make: rAdam},
  {name: 'qhAdam', make: qhAdam},
  {name: 'larc', make: larc},
  {name: 'lamb', make: lamb},
  {name: 'ranger', make: ranger},
] as const;

/** The classes that saved models name. */
export const optimizerClasses = [Optimizer, SGD, RMSProp, Adam, RAdam, QHAdam, Larc, Lamb, Lookahead, Ema] as const;

/** Other defaults for what is not given; an option that is `undefined` is not given either. */
function withDefaults<D extends object, O extends object>(defaults: D, options: O | undefined): D & O {
  return Object.assign(
    {...defaults},
    options,
    Object.fromEntries(
      Object.entries(defaults).filter(([name]) => options !== undefined && Reflect.get(options, name) === undefined),
    ),
  );
}

function momentumOf(given: unknown, fallback: number | undefined): boolean {
  return (given ?? fallback) !== 0;
}
