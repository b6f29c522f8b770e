// What a page gets: the whole API, and kernels for WebGL, TensorFlow.js's default there.
export {BaseOptimizer, type ParamGroup, type ParamRow} from './base_optimizer';
export type {CallableCallback, Callback, HyperDecl, OptionDecl, Scalar, StateDecl} from './callback';
export {accumulate, countCalls, meanGrad, sumGrads} from './callbacks/accumulate';
export {averageWeights} from './callbacks/average';
export {clipGlobalNorm, clipGradNorm, clipGradValue} from './callbacks/clip';
export {l2Reg, weightDecay} from './callbacks/decay';
export {averageGrad, averageSqrGrad, debias, stepStat} from './callbacks/stats';
export {adamStep, lambStep, momentumStep, qhAdamStep, rAdamStep, rmsPropStep, sgdStep} from './callbacks/steps';
export {lookaheadSync} from './callbacks/sync';
export {larcLayerLr, larcStep} from './callbacks/trust';
export {ema, Ema, type EmaOptions} from './ema';
export {bnFreeze} from './fit/bn_freeze';
export {checkpoint, type CheckpointOptions} from './fit/checkpoint';
export {evaluateAverages} from './fit/evaluate_averages';
export {fineTune, type FineTuneHistory, type FineTuneOptions} from './fit/fine_tune';
export type {Fit, FitCallback, FitHooks, FitLogs} from './fit/fit_callback';
export {type AnyFitCallback, fitCallbacks} from './fit/fit_callbacks';
export {fitFlatCos, fitOneCycle, fitSgdr, type FitSgdrOptions} from './fit/fit_functions';
export {applyConstraints, layerConstraints} from './fit/layer_constraints';
export {type Boundary, layerGroups, layerwiseDecay} from './fit/layer_groups';
export {lrFind, type LrFindOptions, type LrFindResult} from './fit/lr_find';
export type {MonitorOptions} from './fit/monitor';
export {record, type RecordOptions} from './fit/record';
export {type PlateauOptions, reduceLROnPlateau} from './fit/reduce_lr_on_plateau';
export {restoreBestWeights} from './fit/restore_best_weights';
export {flatCos, type KeepOption, oneCycle, paramScheduler, type ParamScheduler, type SchedulerOptions, sgdr, warmupCos} from './fit/schedulers';
export {minimum, slide, steep, type Suggestion, type SuggestionRule, valley} from './fit/suggestions';
export {terminateOnNaN} from './fit/terminate_on_nan';
export type {FitProgress, TrainArgs, TrainFunction, TrainOptions} from './fit/train';
export type {Gradients, GradientStore, NamedGradients} from './gradients';
export {Lookahead, type LookaheadOptions} from './lookahead';
export {isOptimizer, optimizerOf} from './of_model';
export {Optimizer} from './optimizer';
export {
  Adam, adam, adamW, Lamb, lamb, Larc, larc, lookahead, type Options, optimizers, QHAdam, qhAdam, RAdam, rAdam, ranger, RMSProp, rmsProp,
  type RowOptions, type RowSettings, SGD, sgd,
} from './optimizers';
export {detuplifyPg, setItemPg} from './param_group';
export type {ParamGroups, Params} from './params';
export {required, type Required} from './required';
export {loadOptimizer, saveOptimizer} from './save_optimizer';
export {combinedCos, combineScheds, schedCos, schedExp, schedLin, schedNo, schedPoly, type Sched, type ScheduleFunction} from './schedule/functions';
export type {FlatCosOptions, OneCycleOptions, SgdrOptions, WarmupCosOptions} from './schedule/plans';
export type {ScheduleView} from './schedule/moving';
export type {ScheduleLength, ScheduleState} from './schedule/running';
export {combine, type CombinedSchedule, constant, cos, exp, lin, poly, type Schedule, scheduleAt, type SchedulePlan, type Schedules, type SimpleSchedule} from './schedule/schedule';
export type {AnyCallback, BaseSettings, ListOf, Settings} from './settings';
export {type HyperValue, slice, type Slice} from './slice';
export {copy, scalar, type Start, startAt, type StartContext, zeros} from './starts';
export type {StateDict} from './state_dict';
export type {ParameterState, StateView} from './state_view';
export type {SummaryRow} from './summary';
export {callback} from './user_callback';
export type {Operand, Value} from './value';
export {OptimWrapper, type WrapperSettings} from './wrapper';

import './register';
import './backends/webgl';
