import type {LayersModel} from '@tensorflow/tfjs-layers';

import {asOptimizer} from '../optimizer/optimizer_of_model';

const running = new WeakMap<LayersModel, TrainingRun>();

/** One call of `fit` or `fitDataset`, from its first hook until it is completed, is stopped or throws. */
export class TrainingRun {
  readonly #endings: Array<() => void> = [];
  #lastSteps: Array<() => void> = [];
  #isCut = () => false;
  readonly #moved = new Map<string, string>();
  /** Whether validation sees the averages of the optimizer. */
  showsAverages = false;

  /** Runs `ending` when training is completed, is stopped or throws. The last one added runs first. */
  onEnd(ending: () => void): void {
    this.#endings.unshift(ending);
  }

  /** Runs `act` once after the last batch, before the `trainEnd` of other callbacks, unless training is cut off. */
  lastStep(act: () => void): void {
    this.#lastSteps.push(act);
  }

  /** Marks training as cut off, where `isCut` returns true when training ends. Then there are no last steps. */
  cutOff(isCut: () => boolean = () => true): void {
    const before = this.#isCut;
    this.#isCut = () => before() || isCut();
  }

  /** Makes the last steps. Only the first call does anything. */
  makeLastSteps(): void {
    if (this.#isCut()) return;
    for (const act of this.#lastSteps.splice(0)) act();
  }

  /** Notes that a callback moves a hyper. @throws where another callback of this run moves it already. */
  claim(hyper: string, by: string): void {
    const first = this.#moved.get(hyper);
    if (first !== undefined)
      throw new Error(`${by} and ${first} both move '${hyper}' in one fit. Leave one of them out.`);
    this.#moved.set(hyper, by);
  }

  end(): void {
    for (const ending of this.#endings.splice(0)) ending();
  }
}

/** The run that a model is in. The model must be training. */
export function trainingRun(model: LayersModel): TrainingRun {
  const known = running.get(model);
  if (known !== undefined) return known;
  // An optimizer of another copy is refused here, and not where training ends.
  asOptimizer(model.optimizer);
  const run = new TrainingRun();
  running.set(model, run);
  run.onEnd(() => asOptimizer(model.optimizer)?.pauseSchedule());
  // tfjs calls no hook when a step, a callback or the data throw. But it writes `isTraining = false` in every case.
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

/** Replaces a method of an object until training ends. @param make as for `replaceMethod`. */
export function override(run: TrainingRun, object: object, name: string, make: Remake): void {
  run.onEnd(replaceMethod(object, name, make));
}

type Remake = (original: (...args: unknown[]) => unknown) => (...args: unknown[]) => unknown;

/**
 * Replaces a method of an object.
 * @param make makes the new method from the old one, which is bound to the object.
 * @returns a function that puts the old method back.
 */
export function replaceMethod(object: object, name: string, make: Remake): () => void {
  const original: unknown = Reflect.get(object, name);
  if (typeof original !== 'function')
    throw new Error(`The method '${name}' is missing. Use a version of tfjs that tfjs-optim supports.`);
  const own = Object.getOwnPropertyDescriptor(object, name);
  Reflect.set(
    object,
    name,
    make((...args) => Reflect.apply(original, object, args)),
  );
  return () => {
    if (own === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, own);
  };
}
