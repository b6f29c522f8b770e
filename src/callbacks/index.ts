import {countCalls, meanGrad, sumGrads} from './accumulate';
import {adEMAMixStep} from './ad_ema_mix';
import {adaBeliefStep, averageBelief} from './ada_belief';
import {adadeltaStep} from './adadelta';
import {adafactorStep} from './adafactor';
import {adagradStep} from './adagrad';
import {adamaxStep} from './adamax';
import {adanDecay, adanStep} from './adan';
import {adoptDecay, adoptStep} from './adopt';
import {averageEqually, averageRising, averageWeights} from './average';
import {cautious} from './cautious';
import {clipGlobalNorm, clipGradNorm, clipGradValue, clipUpdateRms} from './clip';
import {dampGrad} from './damp';
import {cautiousDecay, correctedDecay, independentDecay, l2Reg, weightDecay} from './decay';
import {laPropStep} from './la_prop';
import {lionStep} from './lion';
import {marsAverages, marsDecay, marsStep} from './mars';
import {muonStep, orthogonalize} from './muon';
import {nAdamWStep} from './n_adam_w';
import {prodigyStep} from './prodigy';
import {averageUpdate, centeredSqrGrad, rmsPropRootStep} from './rms_prop';
import {innerMomentum, scheduleFreeAdamStep, scheduleFreeRAdamStep, scheduleFreeSgdStep} from './schedule_free';
import {skipNonFinite} from './skip';
import {stableAdamWStep} from './stable_adam_w';
import {averageGrad, averageSqrGrad, maxSqrGrad, stepStat} from './stats';
import {
  adamStep,
  lambStep,
  momentumStep,
  nesterovMomentumStep,
  qhAdamStep,
  rAdamStep,
  rmsPropStep,
  sgdStep,
} from './steps';
import {lookaheadSync} from './sync';
import {adaptiveGradClip, centralizeGrad, orthoGrad} from './transforms';
import {larcLayerLr, larcStep, trustRatio} from './trust';

/** Every callback of the package. A user's callback must have another name. */
export const houseCallbacks = [
  sgdStep,
  weightDecay,
  l2Reg,
  averageGrad,
  averageSqrGrad,
  momentumStep,
  rmsPropStep,
  stepStat,
  adamStep,
  rAdamStep,
  qhAdamStep,
  larcLayerLr,
  larcStep,
  lambStep,
  lookaheadSync,
  clipGradValue,
  clipGradNorm,
  clipGlobalNorm,
  countCalls,
  sumGrads,
  meanGrad,
  averageWeights,
  averageRising,
  averageEqually,
  skipNonFinite,
  lionStep,
  muonStep,
  orthogonalize,
  nAdamWStep,
  stableAdamWStep,
  cautious,
  cautiousDecay,
  correctedDecay,
  independentDecay,
  trustRatio,
  clipUpdateRms,
  prodigyStep,
  averageBelief,
  maxSqrGrad,
  adaBeliefStep,
  adanDecay,
  adanStep,
  adoptDecay,
  adoptStep,
  laPropStep,
  marsDecay,
  marsAverages,
  marsStep,
  adEMAMixStep,
  nesterovMomentumStep,
  dampGrad,
  centeredSqrGrad,
  rmsPropRootStep,
  averageUpdate,
  adagradStep,
  adadeltaStep,
  adamaxStep,
  innerMomentum,
  scheduleFreeSgdStep,
  scheduleFreeAdamStep,
  scheduleFreeRAdamStep,
  adafactorStep,
  adaptiveGradClip,
  centralizeGrad,
  orthoGrad,
] as const;
