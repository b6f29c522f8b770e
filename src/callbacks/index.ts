import {countCalls, meanGrad, sumGrads} from './accumulate';
import {averageWeights} from './average';
import {clipGlobalNorm, clipGradNorm, clipGradValue} from './clip';
import {l2Reg, weightDecay} from './decay';
import {lionStep} from './lion';
import {muonStep, orthogonalize} from './muon';
import {skipNonFinite} from './skip';
import {averageGrad, averageSqrGrad, stepStat} from './stats';
import {adamStep, lambStep, momentumStep, qhAdamStep, rAdamStep, rmsPropStep, sgdStep} from './steps';
import {lookaheadSync} from './sync';
import {larcLayerLr, larcStep} from './trust';

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
  skipNonFinite,
  lionStep,
  muonStep,
  orthogonalize,
] as const;
