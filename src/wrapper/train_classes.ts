/**
 * What a class of `tf.train` holds besides its configuration. It is written down by the names of the class's
 * properties, because only the code of tfjs tells it.
 */
export interface TrainClass {
  /**
   * The lists that hold state by position. For each, what tfjs appends to the variable's name in saved weights.
   */
  readonly accumulators: Readonly<Record<string, string>>;
  /** The entries that exist only with certain hypers. */
  readonly optional?: readonly string[];
  /** Variables that hold a hyper to the power of the next step's number, counted from 1. */
  readonly powers?: Readonly<Record<string, string>>;
  /** The variable that counts steps. */
  readonly counter?: string;
  /** A scalar on the device that the maths uses instead of a hyper. It must be replaced when the hyper changes. */
  readonly cached?: {readonly hyper: string; readonly scalar: string};
  /** Tensors that the class's own `dispose` leaves. That of Momentum forgets what it inherits from SGD. */
  readonly left?: readonly string[];
  /** fastai's names of hypers whose tfjs names mean something else in another class. */
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

/** The class of `tf.train` that the optimizer's class is or extends; undefined for other optimizers. */
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
