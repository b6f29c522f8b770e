import './register';

export {BaseOptimizer, type ParamGroup, type ParamRow} from './base_optimizer';
export {callback, type CallableCallback, type Callback, type HyperDecl, type OptionDecl, type Scalar, type StateDecl} from './callback';
export {l2Reg, weightDecay} from './callbacks/decay';
export {averageGrad, averageSqrGrad, debias, stepStat} from './callbacks/stats';
export {adamStep, lambStep, momentumStep, qhAdamStep, rAdamStep, rmsPropStep, sgdStep} from './callbacks/steps';
export {lookaheadSync} from './callbacks/sync';
export {larcLayerLr, larcStep} from './callbacks/trust';
export type {Gradients, GradientStore, NamedGradients} from './gradients';
export {Lookahead, type LookaheadOptions} from './lookahead';
export {isOptimizer, optimizerOf} from './of_model';
export {Optimizer} from './optimizer';
export {
  Adam, adam, adamW, Lamb, lamb, Larc, larc, lookahead, type Options, optimizers, QHAdam, qhAdam, RAdam, rAdam, ranger, RMSProp, rmsProp,
  type RowOptions, type RowSettings, SGD, sgd,
} from './optimizers';
export type {ParamGroups, Params} from './params';
export {required, type Required} from './required';
export {loadOptimizer, saveOptimizer} from './save_optimizer';
export type {AnyCallback, BaseSettings, Settings} from './settings';
export {type HyperValue, slice, type Slice} from './slice';
export {copy, scalar, type Start, startAt, type StartContext, zeros} from './starts';
export type {StateDict} from './state_dict';
export type {ParameterState, StateView} from './state_view';
export type {SummaryRow} from './summary';
export type {Operand, Value} from './value';
