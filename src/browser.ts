// The entry for pages: the whole API, and kernels for WebGL, the default backend of TensorFlow.js on pages.
export {accumulate, countCalls, meanGrad, sumGrads} from './callbacks/accumulate';
export {adEMAMixStep} from './callbacks/ad_ema_mix';
export {adaBeliefStep, averageBelief} from './callbacks/ada_belief';
export {adadeltaStep} from './callbacks/adadelta';
export {adafactorStep} from './callbacks/adafactor';
export {adagradStep} from './callbacks/adagrad';
export {adamaxStep} from './callbacks/adamax';
export {adanDecay, adanStep} from './callbacks/adan';
export {adoptDecay, adoptStep} from './callbacks/adopt';
export {averageEqually, averageRising, averageWeights} from './callbacks/average';
export {cautious} from './callbacks/cautious';
export {clipGlobalNorm, clipGradNorm, clipGradValue, clipUpdateRms} from './callbacks/clip';
export {dampGrad} from './callbacks/damp';
export {cautiousDecay, correctedDecay, independentDecay, l2Reg, weightDecay} from './callbacks/decay';
export {laPropStep} from './callbacks/la_prop';
export {lionStep} from './callbacks/lion';
export {marsAverages, marsDecay, marsStep} from './callbacks/mars';
export {muonStep, orthogonalize} from './callbacks/muon';
export {nAdamWStep} from './callbacks/n_adam_w';
export {prodigyStep} from './callbacks/prodigy';
export {averageUpdate, centeredSqrGrad, rmsPropRootStep} from './callbacks/rms_prop';
export {
  innerMomentum,
  scheduleFreeAdamStep,
  scheduleFreeRAdamStep,
  scheduleFreeSgdStep,
} from './callbacks/schedule_free';
export {skipNonFinite} from './callbacks/skip';
export type {SkipSettings} from './callbacks/skip_settings';
export {stableAdamWStep} from './callbacks/stable_adam_w';
export {averageGrad, averageSqrGrad, debias, maxSqrGrad, stepStat} from './callbacks/stats';
export {
  adamStep,
  lambStep,
  momentumStep,
  nesterovMomentumStep,
  qhAdamStep,
  rAdamStep,
  rmsPropStep,
  sgdStep,
} from './callbacks/steps';
export {lookaheadSync} from './callbacks/sync';
export {adaptiveGradClip, centralizeGrad, orthoGrad} from './callbacks/transforms';
export {larcLayerLr, larcStep, trustRatio} from './callbacks/trust';
export {callback} from './callbacks/user_callback';
export type {Agreement} from './fit/agreement';
export {applyAccumulated} from './fit/apply_accumulated';
export {bnFreeze} from './fit/bn_freeze';
export {checkpoint, type CheckpointOptions} from './fit/checkpoint';
export {evaluateAverages, type EvaluateAveragesOptions} from './fit/evaluate_averages';
export {fineTune, type FineTuneHistory, type FineTuneOptions} from './fit/fine_tune';
export type {Fit, FitCallback, FitHooks, FitLogs} from './fit/fit_callback';
export {type AnyFitCallback, fitCallbacks} from './fit/fit_callbacks';
export {fitFlatCos, fitOneCycle, fitSgdr, type FitSgdrOptions} from './fit/fit_functions';
export {record, type RecordOptions} from './fit/history_recorder';
export type {BatchSizeOption, NormData} from './fit/input_batches';
export {applyConstraints, layerConstraints} from './fit/layer_constraints';
export {type Boundary, layerGroups, layerwiseDecay} from './fit/layer_groups';
export {lrFind, type LrFindOptions, type LrFindResult} from './fit/lr_find';
export type {MonitorOptions} from './fit/monitor';
export type {NestedNumbers, TrainData, ValidationData} from './fit/plain_data';
export {recomputeBatchNorm, type RecomputeOptions} from './fit/recompute_batch_norm';
export {type PlateauOptions, reduceLROnPlateau} from './fit/reduce_lr_on_plateau';
export {restoreBestWeights} from './fit/restore_best_weights';
export {
  flatCos,
  type KeepOption,
  oneCycle,
  type ParamScheduler,
  paramScheduler,
  type SchedulerOptions,
  sgdr,
  warmupCos,
  wsd,
} from './fit/schedulers';
export {minimum, slide, steep, type Suggestion, type SuggestionRule, valley} from './fit/suggestions';
export {terminateOnNaN} from './fit/terminate_on_nan';
export type {FitProgress, TrainArgs, TrainFunction, TrainOptions} from './fit/train';
export {BaseOptimizer, type ParamGroup} from './optimizer/base_optimizer';
export {Ema, ema, type EmaFactory, type EmaOptions} from './optimizer/ema';
export {Lookahead, lookahead, type LookaheadFactory, type LookaheadOptions} from './optimizer/lookahead';
export {applyOpenWindow} from './optimizer/open_window';
export {Optimizer} from './optimizer/optimizer';
export {isOptimizer, optimizerOf} from './optimizer/optimizer_of_model';
export type {ParamRow} from './optimizer/param_rows';
export type {Part, PartHypers} from './optimizer/part';
export {
  Partition,
  partition,
  type PartitionSettings,
  type PartsOf,
  type PartSpec,
  type PartSpecs,
  type PartVariables,
  type RestSpec,
} from './optimizer/partition';
export type {
  Factory,
  LikeTrain,
  OptimizerRow,
  Options,
  Registering,
  RowClass,
  RowOptimizer,
  RowOptions,
  RowSettings,
} from './optimizer/row';
export {loadOptimizer, saveOptimizer} from './optimizer/save_optimizer';
export type {AnyCallback, BaseSettings, ListOf, Settings} from './optimizer/settings';
export type {SummaryRow} from './optimizer/summary';
export {Swa, swa, type SwaFactory, type SwaOptions} from './optimizer/swa';
export {withAverages} from './optimizer/with_averages';
export type {Gradients, GradientStore, NamedGradients} from './params/gradients';
export type {ParamGroups, Params} from './params/variables_of';
export {lastAxis, otherAxes} from './rule/axes';
export type {CallableCallback} from './rule/callback';
export type {Callback, HyperDecl, HyperDefaults, HyperSpec, OptionDecl, Scalar, StateDecl} from './rule/declaration';
export {type Required, required} from './rule/required';
export {type HyperValue, type Slice, slice} from './rule/slice';
export {copy, scalar, type Start, startAt, type StartContext, zeros} from './rule/starts';
export type {Operand, Value} from './rule/value';
export {combine, constant, cos, exp, lin, poly} from './schedule/constructors';
export {
  combinedCos,
  combineScheds,
  type Sched,
  schedCos,
  schedExp,
  schedLin,
  schedNo,
  schedPoly,
  type ScheduleFunction,
} from './schedule/functions';
export type {ClearOptions, ScheduleView} from './schedule/moving';
export type {FlatCosOptions, OneCycleOptions, SgdrOptions, WarmupCosOptions, WsdOptions} from './schedule/policies';
export type {ScheduleState} from './schedule/running';
export {
  type CombinedSchedule,
  type Schedule,
  scheduleAt,
  type SchedulePolicy,
  type Schedules,
  type SimpleSchedule,
} from './schedule/schedule';
export type {ScheduleLength, TimeLength} from './schedule/span';
export type {StateDict} from './state/state_dict';
export type {ParameterState, StateView} from './state/state_view';
export {optimizers, type TableEntry, type TableFactory, type TableOptions} from './table';
export {adEMAMix} from './table/ad_ema_mix';
export {adaBelief} from './table/ada_belief';
export {adadelta} from './table/adadelta';
export {adafactor} from './table/adafactor';
export {adagrad} from './table/adagrad';
export {adamax} from './table/adamax';
export {adan} from './table/adan';
export {adopt} from './table/adopt';
export {
  Adam,
  adam,
  adamW,
  Lamb,
  lamb,
  Larc,
  larc,
  QHAdam,
  qhAdam,
  RAdam,
  rAdam,
  ranger,
  RMSProp,
  rmsProp,
  SGD,
  sgd,
} from './table/fastai';
export {laProp} from './table/la_prop';
export {lion} from './table/lion';
export {mars} from './table/mars';
export {muon, type MuonOptions, type MuonParts, type MuonSettings} from './table/muon';
export {nAdamW} from './table/n_adam_w';
export {prodigy, prodigyLr} from './table/prodigy';
export {type ScheduleFree, scheduleFree} from './table/schedule_free';
export {stableAdamW} from './table/stable_adam_w';
export {OptimWrapper, type WrapperSettings} from './wrapper/optim_wrapper';
export {detuplifyPg, setItemPg} from './wrapper/torch_param_group';

import './register';
import './backends/webgl';
