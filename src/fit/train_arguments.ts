import type {LayersModel} from '@tensorflow/tfjs-layers';

import {closest, didYouMean} from '../util/closest';
import {own as ownIn} from '../util/own';
import {checkSettings} from '../util/settings_check';
import {isPlain, shown} from '../util/shown';
import {isTensor} from '../util/tensors';
import type {TrainData} from './plain_data';

/** The settings of a function that trains, for errors. */
export interface Named {
  readonly name: string;
  /** The names of all settings that `fit` and `fitDataset` don't have. */
  readonly own: readonly string[];
  /** The names of settings, in the order in which fastai takes them one by one. */
  readonly inOrder: Readonly<Record<string, number>>;
}

/** All arguments of tfjs's `fit` and `fitDataset`, and the settings that this package adds to them. */
const ARGUMENTS = [
  'batchSize',
  'epochs',
  'verbose',
  'callbacks',
  'validationSplit',
  'validationData',
  'shuffle',
  'classWeight',
  'sampleWeight',
  'initialEpoch',
  'stepsPerEpoch',
  'validationSteps',
  'yieldEvery',
  'batchesPerEpoch',
  'validationBatchSize',
  'validationBatches',
  'signal',
  'onProgress',
  'onCount',
  'keepWindow',
];

/** Data of one kind. */
interface DataKind {
  /** As errors call it. */
  readonly called: string;
  /** The arguments that tfjs, and this package, would ignore on such data, with what to do instead. */
  readonly without: Readonly<Record<string, string>>;
}

const NO_STEPS = "Leave it out: 'batchSize' decides how many batches there are.";
const LEAVE = 'Leave it out.';

export const ARRAYS: DataKind = {
  called: 'tensors and arrays',
  without: {
    stepsPerEpoch: NO_STEPS,
    batchesPerEpoch: NO_STEPS,
    onCount: LEAVE,
    validationSteps: LEAVE,
    validationBatches: LEAVE,
    validationBatchSize: "Leave it out: validation takes 'batchSize'.",
  },
};
export const DATASET: DataKind = {
  called: 'a dataset',
  without: {
    batchSize: 'Make batches by dataset.batch(…).',
    shuffle: 'Shuffle by dataset.shuffle(…).',
    sampleWeight: LEAVE,
    validationSplit: "Give 'validationData'.",
    validationSteps: "Give 'validationBatches'.",
  },
};

/** `null` counts as absent, as in tfjs. */
export function isGiven<T>(x: T | undefined): x is T {
  const given: unknown = x;
  return given !== undefined && given !== null;
}

/**
 * @param before the arguments before the settings as errors write them.
 * @param given the settings, and all arguments after them.
 * @throws for settings that nothing takes, or that would be ignored.
 */
export function checkArguments(
  {name, own, inOrder}: Named,
  before: string,
  given: readonly unknown[],
  {called, without}: DataKind,
): void {
  checkSettings(`${name}(${before}, `, given, inOrder);
  // `checkSettings` lets undefined pass.
  const [settings = {}] = given;
  if (!isPlain(settings)) return;
  for (const [setting, value] of Object.entries(settings)) {
    const instead = ownIn(without, setting);
    if (instead !== undefined && isGiven(value))
      throw new Error(`${name}: '${setting}' has no effect on ${called}. ${instead}`);
    if (own.includes(setting) || ARGUMENTS.includes(setting)) continue;
    const near = closest(setting, own) ?? closest(setting, ARGUMENTS);
    throw new Error(
      `${name} has no setting '${setting}'.${didYouMean(near)} ` +
        `Its own are ${own.join(', ')}; those of fit and fitDataset are ${ARGUMENTS.join(', ')}.`,
    );
  }
  // On arrays, `without` has refused both.
  const {validationData: validation, validationBatches, validationBatchSize} = settings;
  const check = (argument: string, value: unknown, fits: boolean, needed: string) => {
    if (isGiven(value) && !fits)
      throw new Error(`${name}: '${argument}' has no effect without ${needed} as 'validationData'. ${LEAVE}`);
  };
  check('validationBatches', validationBatches, isGiven(validation) && !Array.isArray(validation), 'a dataset');
  check('validationBatchSize', validationBatchSize, Array.isArray(validation), '[x, y]');
}

/** @throws where settings are in the place of `y`. */
export function checkHasLabels({name, own}: Named, model: LayersModel, y: TrainData): void {
  if (typeof y !== 'object' || isTensor(y) || Array.isArray(y) || ArrayBuffer.isView(y)) return;
  const names = Object.keys(y);
  const isSetting = (key: string) => own.includes(key) || ARGUMENTS.includes(key);
  if (names.some(key => model.outputNames.includes(key)) || (names.length > 0 && !names.some(isSetting))) return;
  throw new Error(`${name}: 'y' is missing before the settings. Write ${name}(model, x, y, ${shown(y)}).`);
}
