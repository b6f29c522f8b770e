import type {CustomCallback, History, LayersModel, ModelFitArgs} from '@tensorflow/tfjs-layers';
import {optimizerOf} from '../of_model';
import {checkSwitch, checkWhole} from '../schedule/options';
import {applyAccumulated} from './apply_accumulated';
import {Batches, type BatchSettings} from './batches';
import {FitCallback} from './fit_callback';
import {type AnyFitCallback, fitCallbacks, isIterable} from './fit_callbacks';

type Inputs = Parameters<LayersModel['fit']>[0];
type FitDataset = Parameters<LayersModel['fitDataset']>[0];

/** Where training is. */
export interface FitProgress {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** How many epochs there are. */
  readonly epochs: number;
  /** The batch within the epoch that was just trained on, from 0. */
  readonly batch: number;
  /** The steps made of all `steps` of all epochs. */
  readonly step: number;
  /** How many steps there are. */
  readonly steps: number;
}

/** What the functions of this package take beside the arguments of tfjs's `fit` or `fitDataset`. */
export interface TrainOptions {
  /** Callbacks of any kinds, in any order. */
  readonly callbacks?: Iterable<AnyFitCallback> | AnyFitCallback | undefined;
  /** Aborting it stops training after the batch; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch. It reads nothing from the device. */
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
  /**
   * Leave the last, incomplete window of `accumulate` open, so that the next training goes on with it, rather than
   * apply it when training ends. Default false.
   */
  readonly keepWindow?: boolean | undefined;
}

type ArrayArgs = Omit<ModelFitArgs, 'callbacks'> & TrainOptions;
type DatasetArgs = Omit<Partial<Parameters<LayersModel['fitDataset']>[1]>, 'callbacks'> & TrainOptions & BatchSettings;
type Arrays<O> = readonly [x: Inputs, y: Inputs, args?: ArrayArgs & O];
type OnDataset<O> = readonly [dataset: FitDataset, args?: DatasetArgs & O];

/** A function that trains a model on arrays, with the arguments of `fit`, or on a dataset, with those of `fitDataset`. */
export interface TrainFunction<O, R> {
  (model: LayersModel, ...given: Arrays<O>): Promise<R>;
  (model: LayersModel, ...given: OnDataset<O>): Promise<R>;
}

/** What is common to training on arrays and on a dataset. */
export interface TrainArgs extends TrainOptions, Pick<ModelFitArgs, 'epochs' | 'initialEpoch' | 'yieldEvery'> {}

/** The data that was given. */
export interface FitOn {
  /** Trains on it, with these arguments in place of those given. */
  fit(args: {readonly epochs: number; readonly initialEpoch: number; readonly callbacks: CustomCallback; readonly batchesPerEpoch?: undefined}): Promise<History>;
  /** How many batches it has; of a dataset. */
  readonly batches?: Batches;
}

/** Makes a function for arrays and datasets of one that does not see the difference. */
export function trainFunction<O extends object, R>(run: (model: LayersModel, fitOn: FitOn, args?: TrainArgs & O) => Promise<R>): TrainFunction<O, R> {
  return async (model: LayersModel, ...given: Arrays<O> | OnDataset<O>) => {
    if (isOnDataset(given)) {
      const [dataset, args] = given;
      const {stepsPerEpoch, batchesPerEpoch, onCount, ...rest}: DatasetArgs = args ?? {};
      const batches = new Batches(dataset, {stepsPerEpoch, batchesPerEpoch, onCount});
      // tfjs does not know `stepsPerEpoch`, and takes an undefined `batchesPerEpoch` for none.
      return run(model, {fit: common => model.fitDataset(dataset, {...rest, batchesPerEpoch, ...common}), batches}, args);
    }
    const [x, y, args] = given;
    return run(model, {fit: common => model.fit(x, y, {...args, ...common})}, args);
  };
}

/** How a function trains. */
interface TrainWays {
  /** Whether callbacks have to know how many steps an epoch has. Without, each epoch begins the dataset. Default true. */
  readonly stepsMatter?: boolean;
}

/**
 * Trains as `fit` or `fitDataset` do, with these callbacks before the user's.
 * @throws before anything is changed, where the model's optimizer is not one of this package or the signal is aborted.
 */
export async function train(
  model: LayersModel, fitOn: FitOn, args: TrainArgs, own: readonly AnyFitCallback[], {stepsMatter = true}: TrainWays = {},
): Promise<History> {
  optimizerOf(model);
  checkTrainArgs(args);
  const {epochs = 1, initialEpoch = 0, signal, onProgress, callbacks, yieldEvery, keepWindow = false} = args;
  signal?.throwIfAborted();
  const batches = stepsMatter ? fitOn.batches : undefined;
  batches?.check({epochs, initialEpoch});
  const watch = batches?.watch();
  const list = [
    ...keepWindow ? [] : [applyAccumulated()], ...own, ...listed(callbacks), ...onProgress === undefined ? [] : [report(onProgress)], ...signal === undefined ? [] : [stopOn(signal)],
    ...watch === undefined ? [] : [watch.callback],
  ];
  fitCallbacks(list, {yieldEvery});
  // After all that can be said at once.
  const stepsPerEpoch = await batches?.perEpoch(signal);
  const history = await fitOn.fit({
    epochs, initialEpoch, callbacks: fitCallbacks(list, {yieldEvery, stepsPerEpoch}), ...stepsMatter ? {} : {batchesPerEpoch: undefined},
  });
  signal?.throwIfAborted();
  const problem = watch?.problem();
  if (problem !== undefined) throw new Error(problem);
  return history;
}

/** All that tfjs's `fit` and `fitDataset` take, and this package's own. */
const ARGUMENTS = [
  'batchSize', 'epochs', 'verbose', 'callbacks', 'validationSplit', 'validationData', 'shuffle', 'classWeight', 'sampleWeight', 'initialEpoch', 'stepsPerEpoch',
  'validationSteps', 'yieldEvery', 'batchesPerEpoch', 'validationBatchSize', 'validationBatches', 'signal', 'onProgress', 'onCount', 'keepWindow',
];

/** @throws where there is one that nothing takes, or that can't be what it has to be. */
export function checkTrainArgs(args: TrainArgs): void {
  const unknown = Object.keys(args).find(name => !ARGUMENTS.includes(name));
  if (unknown !== undefined) throw new Error(`'${unknown}' is neither a setting of this function nor an argument of fit or fitDataset: ${ARGUMENTS.join(', ')}.`);
  const {epochs = 1, initialEpoch = 0, signal, onProgress, callbacks, keepWindow} = args;
  checkWhole('epochs', epochs, 1);
  checkWhole('initialEpoch', initialEpoch, 0);
  checkKind('signal', signal, 'an AbortSignal', given => typeof given === 'object' && given !== null && 'throwIfAborted' in given);
  checkKind('onProgress', onProgress, 'a function', given => typeof given === 'function');
  if (keepWindow !== undefined) checkSwitch('keepWindow', keepWindow);
  checkKind('callbacks', callbacks, 'a callback or a list of some', given => typeof given === 'object' && given !== null);
}

function checkKind(name: string, given: unknown, what: string, fits: (given: unknown) => boolean): void {
  const shown = String(given);
  if (given !== undefined && !fits(given)) throw new Error(`'${name}' is ${what}; got ${shown}.`);
}

// Hooks may not throw: tfjs would not free what the batch has on the device.
function stopOn(signal: AbortSignal): FitCallback {
  return new FitCallback({
    trainBegin: ({run}) => { run.cutOff(() => signal.aborted); },
    batchEnd: ({model}) => { if (signal.aborted) model.stopTraining = true; },
  });
}

function report(onProgress: NonNullable<TrainOptions['onProgress']>): FitCallback {
  let epoch = 0;
  return new FitCallback({
    epochBegin: (_, now) => { epoch = now; },
    batchEnd: ({epochs, stepsPerEpoch}, batch) => {
      onProgress({epoch, epochs, batch, step: epoch * stepsPerEpoch + batch + 1, steps: epochs * stepsPerEpoch});
    },
  });
}

function listed(callbacks: TrainOptions['callbacks']): AnyFitCallback[] {
  if (callbacks === undefined) return [];
  return isIterable(callbacks) ? [...callbacks] : [callbacks];
}

function isOnDataset<O>(given: Arrays<O> | OnDataset<O>): given is OnDataset<O> {
  const [data, labels]: readonly unknown[] = given;
  if (typeof data === 'object' && data !== null) {
    if ('iterator' in data && typeof data.iterator === 'function') return true;
    if (typeof labels === 'object' && labels !== null) return false;
  }
  throw new Error('This takes (model, x, y, arguments) with tensors, or (model, dataset, arguments).');
}
