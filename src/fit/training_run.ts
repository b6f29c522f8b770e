import type {LayersModel} from '@tensorflow/tfjs-layers';

const running = new WeakMap<LayersModel, TrainingRun>();

/** One call of `fit` or `fitDataset`, from its first hook to its end, however it ends. */
export class TrainingRun {
  readonly #endings: Array<() => void> = [];
  #lastSteps: Array<() => void> = [];
  #isCut = () => false;
  readonly #moved = new Map<string, string>();

  /** Has `ending` run when training ends: completed, stopped, or by an error. The last one added runs first. */
  onEnd(ending: () => void): void {
    this.#endings.unshift(ending);
  }

  /** Has `act` run once after the last batch, before other callbacks end, unless training is cut off. */
  lastStep(act: () => void): void {
    this.#lastSteps.push(act);
  }

  /** Training is cut off where `isCut` says so when it ends: it is no end that a last step belongs to. */
  cutOff(isCut: () => boolean = () => true): void {
    const before = this.#isCut;
    this.#isCut = () => before() || isCut();
  }

  /** Makes the last steps, the first time that it is called. */
  makeLastSteps(): void {
    if (this.#isCut()) return;
    for (const act of this.#lastSteps.splice(0)) act();
  }

  /** @throws where another callback of this run moves the hyper already. */
  claim(hyper: string, by: string): void {
    const first = this.#moved.get(hyper);
    if (first !== undefined)
      throw new Error(`${by} and ${first} both move '${hyper}' in one fit; leave one of them out.`);
    this.#moved.set(hyper, by);
  }

  end(): void {
    for (const ending of this.#endings.splice(0)) ending();
  }
}

/** The run that a model is in, which must be training. */
export function trainingRun(model: LayersModel): TrainingRun {
  const known = running.get(model);
  if (known !== undefined) return known;
  const run = new TrainingRun();
  running.set(model, run);
  // tfjs calls no hook when a step, a callback or the data throw. What it does in every case is to write `isTraining =
  // false`.
  Object.defineProperty(model, 'isTraining', {
    configurable: true,
    enumerable: true,
    get: () => true,
    set: (value: boolean) => {
      Object.defineProperty(model, 'isTraining', {configurable: true, enumerable: true, writable: true, value});
      running.delete(model);
      run.end();
    },
  });
  return run;
}

/**
 * Puts another method in place of an object's, until training ends.
 * @param make gets the method there was, bound to the object.
 */
export function override(
  run: TrainingRun,
  object: object,
  name: string,
  make: (original: (...args: unknown[]) => unknown) => (...args: unknown[]) => unknown,
): void {
  const original: unknown = Reflect.get(object, name);
  if (typeof original !== 'function')
    throw new Error(`There is no method '${name}': this version of tfjs is not one that tfjs-optim knows.`);
  const own = Object.getOwnPropertyDescriptor(object, name);
  Reflect.set(
    object,
    name,
    make((...args) => Reflect.apply(original, object, args)),
  );
  run.onEnd(() => {
    if (own === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, own);
  });
}
