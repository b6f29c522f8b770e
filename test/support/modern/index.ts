import type {Adapter} from './adapter';
import {lionAdapters} from './lion';
import {muonAdapters} from './muon';

/** What each recorded class is here. */
export const adapters: Readonly<Record<string, Adapter>> = {
  ...lionAdapters,
  ...muonAdapters,
};

/** The recorded classes that the package does not have, with the reason. */
export const outOfScope: Readonly<Record<string, string>> = {
  LionFixedDecay: 'Decay that ignores the learning rate is the callback independentDecay, which other cases compare.',
  NAdam: 'nAdamW follows timm and mlcommons, which correct both averages alike and have no schedule of the momentum.',
  ADOPTTimm: "adopt follows the authors. timm's clips by another exponent.",
  MARSTimm: "mars follows the authors. timm's differs in the first step and in what counts as a matrix.",
  LaPropOriginal: "laProp follows timm, whose decay is lr·wd as that of all rules here. The authors' is wd.",
  Adafactor: "adafactor follows timm and fairseq. PyTorch's is the example in docs/own_rules.md.",
  AdafactorBigVision: 'adafactor follows timm and fairseq.',
  AdaMuon: 'Not in the package.',
  DAdaptAdam: 'Not in the package: prodigy is its successor.',
  Rprop: 'Not in the package: it is for full batches.',
  ScheduleFreeWrapper: 'scheduleFree is a rule of its own, not a wrapper.',
};

/** Classes that are not written yet. */
export const pending: readonly string[] = [
  'AGC',
  'AdEMAMix',
  'AdaBelief',
  'Adadelta',
  'AdafactorTimm',
  'Adagrad',
  'Adam',
  'AdamW',
  'AdamWAmsgrad',
  'AdamWDecay',
  'Adamax',
  'Adan',
  'ADOPT',
  'CautiousWD',
  'EMA',
  'GradientCentralization',
  'LaProp',
  'MARS',
  'NAdamW',
  'OrthoGrad',
  'Prodigy',
  'SGD',
  'SGDW',
  'SWA',
  'ScheduleFreeAdamW',
  'ScheduleFreeRAdam',
  'ScheduleFreeSGD',
  'SkipNonFinite',
  'StableAdamW',
];
