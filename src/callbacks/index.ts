import {countCalls, meanGrad, sumGrads} from './accumulate';
import {adadeltaStep} from './adadelta';
import {adagradStep} from './adagrad';
import {adamaxStep} from './adamax';
import {averageWeights} from './average';
import {clipGlobalNorm, clipGradNorm, clipGradValue} from './clip';
import {dampGrad} from './damp';
import {l2Reg, weightDecay} from './decay';
import {lionStep} from './lion';
import {averageUpdate, centeredSqrGrad, rmsPropRootStep} from './rms_prop';
import {skipNonFinite} from './skip';
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
  nesterovMomentumStep,
  dampGrad,
  centeredSqrGrad,
  rmsPropRootStep,
  averageUpdate,
  maxSqrGrad,
  adagradStep,
  adadeltaStep,
  adamaxStep,
] as const;
