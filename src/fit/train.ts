import type {CustomCallback, History, LayersModel, ModelFitArgs} from '@tensorflow/tfjs-layers';

import {optimizerOf} from '../optimizer/optimizer_of_model';
import {listOf} from '../util/iterable';
import {checkFunction, checkSwitch, checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {isTensor} from '../util/tensors';
import {warnOnce} from '../util/warn';
import {applyAccumulated} from './apply_accumulated';
import {Batches, type BatchSettings} from './batches';
import {FitCallback} from './fit_callback';
import {type AnyFitCallback, fitCallbacks, notCalled} from './fit_callbacks';
import {checkNotTraining, oneAtATime} from './one_at_a_time';
import {PlainData, type TrainData, type ValidationData} from './plain_data';
import {ARRAYS, checkArguments, checkHasLabels, DATASET, isGiven, type Named} from './train_arguments';

type FitDataset = Parameters<LayersModel['fitDataset']>[0];

/** How far training is. */
export interface FitProgress {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The number of epochs. Infinity where only a time ends training. */
  readonly epochs: number;
  /** The batch that was just trained on, from 0 in each epoch. */
  readonly batch: number;
  /** The number of steps made, over all epochs: from 1 to `steps`. */
  readonly step: number;
  /** The number of steps of all epochs. Infinity where only a time ends training. */
  readonly steps: number;
}

/** Settings of the functions that train, in addition to the arguments of tfjs's `fit` or `fitDataset`. */
export interface TrainOptions {
  /** Callbacks of any kind, in any order. */
  readonly callbacks?: Iterable<AnyFitCallback> | AnyFitCallback | undefined;
  /** Where it is aborted, training stops after the batch, and the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch. Nothing is read from the device for it. */
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
  /**
   * Whether the last, incomplete window of `accumulate` stays open for the next training. Otherwise it is applied when
   * training ends. Default false.
   */
  readonly keepWindow?: boolean | undefined;
}

type ArrayArgs = Omit<ModelFitArgs, 'callbacks' | 'validationData'> &
  TrainOptions & {
    /** Inputs and outputs to validate on, as tensors or arrays of numbers. */
    readonly validationData?: ValidationData | undefined;
  };
type FitDatasetArgs = Parameters<LayersModel['fitDataset']>[1];
type DatasetArgs = Omit<Partial<FitDatasetArgs>, 'callbacks' | 'validationData'> &
  TrainOptions &
  BatchSettings & {
    /** Inputs and outputs to validate on, as tensors or arrays of numbers, or a dataset. */
    readonly validationData?:
      ValidationData | Extract<FitDatasetArgs['validationData'], {iterator: unknown}> | undefined;
  };
type Arrays<O> = readonly [x: TrainData, y: TrainData, args?: ArrayArgs & O];
type OnDataset<O> = readonly [dataset: FitDataset, args?: DatasetArgs & O];

/**
 * A function that trains a model on tensors or arrays of numbers, with the arguments of `fit`, or on a dataset, with
 * those of `fitDataset`.
 */
export interface TrainFunction<O, R> {
  (model: LayersModel, ...given: Arrays<O>): Promise<R>;
  (model: LayersModel, ...given: OnDataset<O>): Promise<R>;
}

/** The settings that training on arrays and training on a dataset have in common. */
export interface TrainArgs extends TrainOptions, Pick<ModelFitArgs, 'epochs' | 'initialEpoch' | 'yieldEvery'> {}

/** The data that the user gave. */
interface FitOn {
  /** Trains on the data. These arguments replace the user's. */
  fit(args: {
    readonly epochs: number;
    readonly initialEpoch: number;
    readonly callbacks: CustomCallback;
    readonly batchesPerEpoch?: undefined;
  }): Promise<History>;
  /** The number of batches of a dataset. Absent for arrays. */
  readonly batches?: Batches;
}

/**
 * Makes a function that trains on arrays or on a dataset.
 * @param run trains on either. Nothing else of this package works on the model meanwhile.
 */
export function trainFunction<O extends object, R>(
  named: Named,
  run: (model: LayersModel, fitOn: FitOn, args?: TrainArgs & O) => Promise<R>,
): TrainFunction<O, R> {
  const {name} = named;
  const start = (model: LayersModel, fitOn: FitOn, args: (TrainArgs & O) | undefined) => {
    // Counting a dataset takes time, in which the user's own `fit` may have begun.
    const next: FitOn['fit'] = common => {
      checkNotTraining(name, model);
      return fitOn.fit(common);
    };
    return oneAtATime(name, model, () => run(model, {...fitOn, fit: next}, args));
  };
  return async (model: LayersModel, ...given: Arrays<O> | OnDataset<O>) => {
    optimizerOf(model);
    if (isOnDataset(given)) {
      const [dataset, args] = given;
      checkArguments(named, 'model, dataset', given.slice(1), DATASET);
      const {stepsPerEpoch, batchesPerEpoch, onCount, ...rest}: DatasetArgs = {...args};
      const batches = new Batches(dataset, {stepsPerEpoch, batchesPerEpoch, onCount});
      // tfjs does not know `stepsPerEpoch`. It treats an undefined `batchesPerEpoch` as if it were absent.
      return start(
        model,
        {fit: common => fitOnDataset(model, dataset, {...rest, batchesPerEpoch, ...common}), batches},
        args,
      );
    }
    const [x, y, args] = given;
    checkHasLabels(named, model, y);
    checkArguments(named, 'model, x, y', given.slice(2), ARRAYS);
    return start(model, {fit: common => fitOnArrays(model, x, y, {...args, ...common})}, args);
  };
}

type Common = Parameters<FitOn['fit']>[0];

/** Calls `fit`, with tensors in place of arrays of numbers. */
async function fitOnArrays(
  model: LayersModel,
  x: TrainData,
  y: TrainData,
  {validationData, ...args}: Omit<ArrayArgs, 'callbacks'> & Common,
): Promise<History> {
  const data = new PlainData();
  try {
    const {inputs, outputs} = model;
    const [xs, ys] = [data.tensors('x', x, inputs.length), data.tensors('y', y, outputs.length)];
    const validates = isGiven(validationData);
    checkExamples(xs, validates ? 0 : args.validationSplit);
    return await model.fit(xs, ys, {
      ...args,
      ...(validates ? {validationData: data.validation(model, validationData)} : {}),
    });
  } finally {
    data.dispose();
  }
}

/** @throws where there is no row to train on. tfjs would train on nothing in silence. */
function checkExamples(xs: Parameters<LayersModel['fit']>[0], validationSplit = 0): void {
  const [first] = isTensor(xs) ? [xs] : Object.values(xs);
  const rows = first?.shape[0];
  if (rows === 0) throw new Error("There are no examples to train on: 'x' has none. Give at least one.");
  // As tfjs counts them. It ignores a share of 1 or more.
  if (rows !== undefined && validationSplit < 1 && Math.floor(rows * (1 - validationSplit)) === 0)
    throw new Error(
      `There are no examples to train on: 'validationSplit' ${validationSplit} takes all ${rows} for validation. ` +
        'Give a smaller share, or more examples.',
    );
}

/** Calls `fitDataset`, with tensors in place of arrays of numbers to validate on. */
async function fitOnDataset(
  model: LayersModel,
  dataset: FitDataset,
  {
    validationData: given,
    ...args
  }: Omit<DatasetArgs, 'callbacks' | 'batchesPerEpoch'> &
    Omit<Common, 'batchesPerEpoch'> & {batchesPerEpoch?: number | undefined},
): Promise<History> {
  const data = new PlainData();
  try {
    const validationData = isPair(given) ? data.validation(model, given) : given;
    return await model.fitDataset(dataset, {...args, ...(validationData === undefined ? {} : {validationData})});
  } finally {
    data.dispose();
  }
}

function isPair(validationData: DatasetArgs['validationData']): validationData is ValidationData {
  return Array.isArray(validationData);
}

/** How a function trains. */
interface TrainWays {
  /**
   * Whether callbacks must know how many steps an epoch has. Where false, each epoch begins the dataset anew. Default
   * true.
   */
  readonly stepsMatter?: boolean;
  /** The time that ends training. Undefined where epochs end it. Then `epochs` is 1 by default. */
  readonly seconds?: number | undefined;
  /** The epochs of an earlier part of the same training, by which messages count more. Default 0. */
  readonly before?: number;
}

/** The epochs of a training that only a time ends. tfjs's `fitDataset` refuses Infinity. */
const ENDLESS = Number.MAX_SAFE_INTEGER;

/**
 * Trains as `fit` or `fitDataset` do. The callbacks `own` come before the user's.
 * @throws before anything is changed, where a setting is not valid, or the signal is aborted.
 */
export async function train(
  fitOn: FitOn,
  args: TrainArgs,
  own: readonly AnyFitCallback[],
  {stepsMatter = true, seconds, before = 0}: TrainWays = {},
): Promise<History> {
  checkTrainArgs(args);
  const byTime = seconds !== undefined;
  const {initialEpoch = 0, signal, onProgress, callbacks, yieldEvery, keepWindow = false} = args;
  const {epochs = byTime ? ENDLESS : 1} = args;
  signal?.throwIfAborted();
  // Not an error: a program that goes on where it stopped may find that all epochs are done.
  if (initialEpoch >= epochs)
    warnOnce(
      `nothing is trained: 'initialEpoch' is ${before + initialEpoch}, and training ends before epoch ` +
        `${before + epochs}. 'epochs' counts from epoch 0: give a larger number.`,
    );
  const batches = stepsMatter ? fitOn.batches : undefined;
  batches?.check({epochs, initialEpoch});
  const watch = batches?.watch();
  const list = [
    ...(keepWindow ? [] : [applyAccumulated()]),
    ...own,
    ...listed(callbacks),
    ...(onProgress === undefined ? [] : [report(onProgress)]),
    ...(signal === undefined ? [] : [stopOn(signal)]),
    ...(watch === undefined ? [] : [watch.callback]),
  ];
  fitCallbacks(list, {yieldEvery});
  // Last, because it may read the dataset. All other settings are checked by now.
  // A schedule by time does not need the steps, so its time is not spent on counting. Nothing is awaited where nothing
  // is counted: `lrFind` has made its copies by now, and no step of another fit may come after them.
  const counts = batches !== undefined && !(byTime && onProgress === undefined);
  const stepsPerEpoch = counts ? await batches.perEpoch(signal) : undefined;
  const history = await fitOn.fit({
    epochs,
    initialEpoch,
    callbacks: fitCallbacks(list, {yieldEvery, stepsPerEpoch}),
    ...(stepsMatter ? {} : {batchesPerEpoch: undefined}),
  });
  signal?.throwIfAborted();
  const problem = watch?.problem();
  if (problem !== undefined) throw new Error(problem);
  return history;
}

/** @throws where a setting is not valid. */
export function checkTrainArgs(args: TrainArgs): void {
  const {epochs = 1, initialEpoch = 0, signal, onProgress, callbacks, keepWindow} = args;
  checkWhole('epochs', epochs, 1);
  checkWhole('initialEpoch', initialEpoch, 0);
  checkKind(
    'signal',
    signal,
    'an AbortSignal',
    given => typeof given === 'object' && given !== null && 'throwIfAborted' in given,
  );
  checkFunction('onProgress', onProgress);
  notCalled(callbacks, '`callbacks`');
  if (keepWindow !== undefined) checkSwitch('keepWindow', keepWindow);
  checkKind(
    'callbacks',
    callbacks,
    'a callback or a list of callbacks',
    given => typeof given === 'object' && given !== null,
  );
  listed(callbacks).forEach((one, i) => {
    notCalled(one, `Callback ${i} of the list`);
  });
}

function checkKind(name: string, given: unknown, what: string, fits: (given: unknown) => boolean): void {
  if (given !== undefined && !fits(given)) throw new Error(`'${name}' must be ${what}; got ${shown(given)}.`);
}

// Hooks must not throw: then tfjs does not free the tensors of the batch.
function stopOn(signal: AbortSignal): FitCallback {
  return new FitCallback({
    trainBegin: ({run}) => {
      run.cutOff(() => signal.aborted);
    },
    batchEnd: ({model}) => {
      if (signal.aborted) model.stopTraining = true;
    },
  });
}

function report(onProgress: NonNullable<TrainOptions['onProgress']>): FitCallback {
  let epoch = 0;
  return new FitCallback({
    epochBegin: (_, now) => {
      epoch = now;
    },
    batchEnd: ({epochs: given, stepsPerEpoch}, batch) => {
      const epochs = given === ENDLESS ? Infinity : given;
      onProgress({epoch, epochs, batch, step: epoch * stepsPerEpoch + batch + 1, steps: epochs * stepsPerEpoch});
    },
  });
}

function listed(callbacks: TrainOptions['callbacks']): AnyFitCallback[] {
  return callbacks === undefined ? [] : [...listOf(callbacks)];
}

function isOnDataset<O>(given: Arrays<O> | OnDataset<O>): given is OnDataset<O> {
  const [data, labels]: readonly unknown[] = given;
  if (typeof data === 'object' && data !== null) {
    if ('iterator' in data && typeof data.iterator === 'function') return true;
    if (typeof labels === 'object' && labels !== null) return false;
  }
  throw new Error(
    'The arguments must be (model, x, y, arguments) with tensors or arrays of numbers, or (model, dataset, arguments).',
  );
}
