import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import {CustomCallback, LayersModel} from '@tensorflow/tfjs-layers';

import {asOptimizer} from '../optimizer/optimizer_of_model';
import {isScheduleFree} from '../rule/schedule_free';
import {warnOnce} from '../util/warn';
import {type TrainingRun, trainingRun} from './training_run';

/** The logs of a batch or an epoch: numbers, and scalars that are still on the device. */
export type FitLogs = Record<string, number | Scalar>;

/** The fit that a callback runs in. */
export interface Fit {
  /** The model in training. */
  readonly model: LayersModel;
  /** Shared by all callbacks of the fit. */
  readonly run: TrainingRun;
  /** The number of epochs at which the fit ends; `initialEpoch` counts towards it. */
  readonly epochs: number;
  /** The number of steps per epoch. @throws where it is not known, as for a dataset of unknown length. */
  readonly stepsPerEpoch: number;
  /** The number of steps per epoch; undefined where it is not known. */
  readonly knownSteps: number | undefined;
  /** The number of batches that this epoch has had so far. */
  readonly batches: number;
  /** The names of the values that `fit` itself logs per epoch. Other callbacks may add more. */
  readonly logs: readonly string[];
}

/** The hooks of a callback of this package; all are optional. */
export interface FitHooks {
  /** Before the first batch. */
  trainBegin?(fit: Fit): void | Promise<void>;
  /** After the last batch. Not called where something threw. */
  trainEnd?(fit: Fit): void | Promise<void>;
  /** Before the batches of an epoch. */
  epochBegin?(fit: Fit, epoch: number): void | Promise<void>;
  /** After the batches of an epoch, and validation. */
  epochEnd?(fit: Fit, epoch: number, logs: FitLogs): void | Promise<void>;
  /** Before each step. */
  batchBegin?(fit: Fit, batch: number): void | Promise<void>;
  /** After each step. */
  batchEnd?(fit: Fit, batch: number, logs: FitLogs): void | Promise<void>;
}

/**
 * A callback for `fit` and `fitDataset`. It can be given alone, in a list of such callbacks, or in `fitCallbacks`
 * together with callbacks of other kinds.
 */
export class FitCallback extends CustomCallback {
  readonly #hooks: FitHooks;
  /** Whether it yields to the page between batches. `fitCallbacks` switches this off, because it yields itself. */
  yields = true;
  #fit: Fit | undefined;
  #model: LayersModel | undefined;
  #batches = 0;

  constructor(hooks: FitHooks) {
    super({}, 'auto');
    this.#hooks = hooks;
  }

  override setModel(model: Parameters<CustomCallback['setModel']>[0]): void {
    if (!(model instanceof LayersModel))
      throw new Error(
        'The callbacks of tfjs-optim need a LayersModel of their own copy of tfjs-layers; got another object. ' +
          'If `npm ls @tensorflow/tfjs-layers` shows two copies, remove one.',
      );
    this.#model = model;
  }

  override async onTrainBegin(): Promise<void> {
    const {params} = this;
    const model = this.#model;
    if (model === undefined)
      throw new Error(
        'This callback did not get its model. Give it to `fit` or `fitDataset` alone, in a list without plain ' +
          'objects, or in fitCallbacks([…]).',
      );
    const batches = () => this.#batches;
    this.#fit = {
      model,
      run: trainingRun(model),
      // A fit without an end (`epochs: Infinity`) counts as one epoch.
      epochs: numberOf(params['epochs']) ?? 1,
      get stepsPerEpoch() {
        return stepsOf(params);
      },
      get knownSteps() {
        return stepsIfKnown(params);
      },
      get batches() {
        return batches();
      },
      logs: namesIn(params['metrics']),
    };
    await this.#hooks.trainBegin?.(this.#fit);
  }

  override async onTrainEnd(): Promise<void> {
    if (this.#fit === undefined) return;
    this.#fit.run.makeLastSteps();
    await this.#hooks.trainEnd?.(this.#fit);
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.#batches = 0;
    await super.onEpochBegin(epoch);
    if (this.#fit !== undefined) await this.#hooks.epochBegin?.(this.#fit, epoch);
  }

  override async onEpochEnd(epoch: number, logs: FitLogs = {}): Promise<void> {
    if (this.#fit === undefined) return;
    checkValidation(this.#fit);
    await this.#hooks.epochEnd?.(this.#fit, epoch, logs);
  }

  override async onBatchBegin(batch: number): Promise<void> {
    if (this.#fit !== undefined) await this.#hooks.batchBegin?.(this.#fit, batch);
  }

  override async onBatchEnd(batch: number, logs: FitLogs = {}): Promise<void> {
    this.#batches++;
    if (this.#fit !== undefined) await this.#hooks.batchEnd?.(this.#fit, batch, logs);
    if (this.yields) await super.onBatchEnd(batch, logs);
  }
}

/** Whether a logged value is one of the validation. */
export function isOfValidation(name: string): boolean {
  return name.startsWith('val_');
}

/** Warns where validation measures the weights at which Schedule-Free takes gradients. Users want their average. */
function checkValidation({model: {optimizer}, run, logs}: Fit): void {
  const validates = logs.some(isOfValidation);
  const callbacks = asOptimizer(optimizer)?.callbacks;
  if (validates && !run.showsAverages && callbacks !== undefined && isScheduleFree(callbacks))
    warnOnce(
      'validation measures the weights at which scheduleFree takes gradients. Their average is better: add ' +
        'evaluateAverages() to the callbacks, and use withAverages to predict and to save.',
    );
}

/** The logged number; it is read from the device where necessary. */
export async function logged(value: number | Tensor | undefined): Promise<number | undefined> {
  if (typeof value !== 'object') return value;
  const [number] = await value.data();
  return number;
}

/** The number of steps per epoch in what tfjs tells callbacks; undefined where it does not know it. */
export function stepsIfKnown({steps, samples, batchSize}: CustomCallback['params']): number | undefined {
  const [given, all, size] = [steps, samples, batchSize].map(numberOf);
  if (given !== undefined) return given;
  return all !== undefined && size !== undefined ? Math.ceil(all / size) : undefined;
}

function stepsOf(params: CustomCallback['params']): number {
  const known = stepsIfKnown(params);
  if (known !== undefined) return known;
  throw new Error(
    'The dataset does not know how many batches it has, so a schedule cannot know the number of steps. ' +
      'Give the number to the callback, as in oneCycle({stepsPerEpoch: 100}), or train with fitOneCycle or another ' +
      'fit function of tfjs-optim: these count the batches. (`batchesPerEpoch` of fitDataset is for a dataset that ' +
      'is repeated by `.repeat()`: with it, TensorFlow.js begins the dataset once for all epochs.)',
  );
}

function namesIn(x: unknown): string[] {
  return Array.isArray(x) ? x.filter(name => typeof name === 'string') : [];
}

function numberOf(x: unknown): number | undefined {
  return typeof x === 'number' && Number.isFinite(x) ? x : undefined;
}
