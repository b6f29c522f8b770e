/**
 * What a class of `tf.train` keeps beside its configuration. Names of its properties stand for what only running its
 * code would tell.
 */
export interface TrainClass {
  /**
   * The lists that hold state by position, and what tfjs calls an entry of each in saved weights, after the variable's
   * name.
   */
  readonly accumulators: Readonly<Record<string, string>>;
  /** Entries that depend on a hyper. */
  readonly optional?: readonly string[];
  /** Variables that hold a hyper to the power of the number of the next step. */
  readonly powers?: Readonly<Record<string, string>>;
  /** The variable that counts steps. */
  readonly counter?: string;
  /** A scalar on the device that stands for a hyper in the maths, and would not change with it. */
  readonly cached?: {readonly hyper: string; readonly scalar: string};
  /** Tensors that the class's own `dispose` leaves: Momentum's forgets what it has from SGD. */
  readonly left?: readonly string[];
  /** What fastai calls hypers that mean something else in another class. */
  readonly hpMap?: Readonly<Record<string, string>>;
}

const TRAIN_CLASSES: Readonly<Record<string, TrainClass>> = {
  SGD: {accumulators: {}},
  Momentum: {accumulators: {accumulations: 'momentum'}, cached: {hyper: 'momentum', scalar: 'm'}, left: ['c']},
  Adagrad: {accumulators: {accumulatedGrads: 'accumulator'}},
  Adadelta: {accumulators: {accumulatedGrads: 'accum_grad', accumulatedUpdates: 'accum_var'}},
  Adam: {
    accumulators: {accumulatedFirstMoment: 'm', accumulatedSecondMoment: 'v'},
    powers: {accBeta1: 'beta1', accBeta2: 'beta2'},
  },
  Adamax: {
    accumulators: {accumulatedFirstMoment: 'm', accumulatedWeightedInfNorm: 'v'},
    powers: {accBeta1: 'beta1'},
    counter: 'iteration',
  },
  RMSProp: {
    accumulators: {accumulatedMeanSquares: 'rms', accumulatedMoments: 'momentum', accumulatedMeanGrads: 'mg'},
    optional: ['mg'],
    hpMap: {decay: 'sqrMom'},
  },
};

/** The class of `tf.train` that the optimizer is of, or that its class extends. */
export function trainClassOf(optimizer: object): TrainClass | undefined {
  for (
    let prototype = Reflect.getPrototypeOf(optimizer);
    prototype !== null;
    prototype = Reflect.getPrototypeOf(prototype)
  ) {
    const name: unknown = Reflect.get(prototype.constructor, 'className');
    const found = typeof name === 'string' && Object.hasOwn(TRAIN_CLASSES, name) ? TRAIN_CLASSES[name] : undefined;
    if (
      found !== undefined &&
      Object.keys(found.accumulators).every(list => Array.isArray(Reflect.get(optimizer, list)))
    )
      return found;
  }
  return undefined;
}

/** The names of the classes, for errors. */
export function trainClassNames(): string[] {
  return Object.keys(TRAIN_CLASSES);
}
