import {adafactorAdapters} from './adafactor';
import type {Adapter} from './adapter';
import {adaptiveAdapters} from './adaptive';
import {averageAdapters} from './averages';
import {cautiousAndDecayAdapters} from './cautious_and_decay';
import {classicAdapters} from './classics';
import {muonAdapters} from './muon';
import {prodigyAdapters} from './prodigy';
import {scheduleFreeAdapters} from './schedule_free';
import {skippingAdapters} from './skipping';
import {transformAdapters} from './transforms';

/** What each recorded class is here. */
export const adapters: Readonly<Record<string, Adapter>> = {
  ...cautiousAndDecayAdapters,
  ...prodigyAdapters,
  ...adaptiveAdapters,
  ...classicAdapters,
  ...averageAdapters,
  ...scheduleFreeAdapters,
  ...muonAdapters,
  ...adafactorAdapters,
  ...transformAdapters,
  ...skippingAdapters,
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
  DAdaptAdam: 'prodigy is its successor. The rule is the example in docs/own_rules.md.',
  Rprop: 'Not in the package: it is for full batches.',
  ScheduleFreeWrapper: 'scheduleFree is a rule of its own, not a wrapper.',
};
