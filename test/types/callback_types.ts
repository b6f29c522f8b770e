// Checked by `npm run typecheck`, never run: what users of the types may write, and what the compiler must refuse.
/* eslint-disable @typescript-eslint/no-unsafe-argument -- What the compiler refuses has no type for the linter. */
/* eslint-disable @typescript-eslint/no-unsafe-call -- As above. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- As above. */
import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {
  Adam,
  adam,
  adamW,
  averageGrad,
  averageSqrGrad,
  averageWeights,
  type Callback,
  callback,
  cautious,
  cautiousDecay,
  clipUpdateRms,
  copy,
  correctedDecay,
  ema,
  independentDecay,
  lamb,
  larc,
  lion,
  lookahead,
  lookaheadSync,
  Optimizer,
  OptimWrapper,
  qhAdam,
  rAdam,
  ranger,
  required,
  rmsProp,
  scalar,
  sgd,
  sgdStep,
  slice,
  startAt,
  stepStat,
  trustRatio,
  type Value,
  weightDecay,
  zeros,
} from '../../src';

declare const variable: tf.Variable;
declare const tensor: tf.Tensor;
declare const value: Value;
declare const model: LayersModel;
declare const train: tf.Optimizer;

// What is declared arrives with its type.

const signStep = callback('signStep', {hypers: {lr: required}, reads: {gradAvg: zeros}}, ({p, grad, gradAvg, lr}) => ({
  p: p.sub((gradAvg ?? grad).sign().mul(lr)),
}));
const clip = callback(
  'clip',
  {hypers: {maxNorm: required}, total: ({grad}) => ({sq: grad.square().sum()})},
  ({grad, maxNorm, total}) => ({grad: grad.mul(total.sq.sqrt().maximum(maxNorm).pow(-1).mul(maxNorm))}),
);
const accumulate = callback(
  'accumulate',
  {state: {gradSum: zeros, micro: 0}, options: {n: 4}},
  ({grad, gradSum, micro, n}) =>
    micro + 1 < n
      ? {gradSum: gradSum.add(grad), micro: micro + 1, stop: true}
      : {grad: gradSum.add(grad).div(n), gradSum: gradSum.zerosLike(), micro: 0},
);
const difference = callback('difference', {state: {before: startAt(({grad}) => grad)}}, ({grad, before}) => ({
  grad: grad.add(grad.sub(before)),
  before: grad,
}));
const row = callback(
  'row',
  {state: {row: startAt(({p}) => p.mean()), level: scalar, slow: copy}},
  ({row: mean, level}) => ({row: mean, level: level.add(mean)}),
);
const needing = callback(
  'needing',
  {hypers: {lr: required}, needs: {gradAvg: zeros, step: 0}},
  ({p, gradAvg, step, lr}) => ({p: p.sub(gradAvg.mul(lr / step))}),
);
const switched = callback('switched', {options: {on: true, times: 2}}, ({p, on, times}) =>
  on ? {p: p.mul(times)} : {},
);
const shown = callback(
  'shown',
  {
    hypers: {share: 0.5},
    state: {weightAvg: copy},
    everyParameter: true,
    evaluate: ({weightAvg, share}) => ({p: weightAvg.mul(share)}),
  },
  ({p, weightAvg}) => ({weightAvg: weightAvg.add(p).div(2)}),
);
callback('missingGradient', {everyParameter: true}, ({p, grad}) => (grad === undefined ? {} : {p: p.sub(grad)}));
callback('branches', {hypers: {wd: 0}}, ({p, wd, doWd}) => (doWd ? {p: p.mul(1 - wd)} : {}));

callback('restarting', {state: {slow: copy, steps: 0}, restarts: ['slow']}, ({slow, p}) => ({slow: slow.add(p)}));
callback('anchored', {state: {anchor: startAt(({p}) => p, {space: 'weight'})}, restarts: ['anchor']}, ({anchor}) => ({
  p: anchor,
}));

const cautiousTaker = callback('cautiousTaker', {takesUpdate: true}, ({update, grad}) => ({
  update: update.where(update.mul(grad).greater(0), 0),
}));
callback('everyTaker', {takesUpdate: true, everyParameter: true}, ({update}) =>
  update === undefined ? {} : {update},
);
const counting = callback(
  'counting',
  {
    hypers: {lr: required},
    options: {fast: true},
    groupState: {k: 0, rate: 1},
    group: ({k, rate, lr, fast}) => (fast ? {k: k + 1} : {rate: rate * lr}),
    total: ({grad, k}) => ({sum: grad.sum().mul(k)}),
    evaluate: ({p, rate}) => ({p: p.mul(rate)}),
  },
  ({p, grad, k, rate, total}) => ({p: p.sub(grad.mul(rate / k)).sub(total.sum)}),
);
const sharing = callback(
  'sharing',
  {
    shared: {d: 1e-6, sum: 0},
    total: ({grad, d}) => ({size: grad.abs().sum().mul(d)}),
    evaluate: ({p, d}) => ({p: p.mul(d)}),
  },
  ({p, d, total}) => ({p: p.sub(d), shared: {d: d.maximum(total.size)}}),
);
const gate = callback('gate', {skips: true, total: ({grad}) => ({sum: grad.sum()})}, ({total}) => ({skip: total.sum}));

// @ts-expect-error no update without takesUpdate
callback('x', {}, ({p, update}) => ({p: p.sub(update)}));
// @ts-expect-error no update with takesUpdate: false
callback('x', {takesUpdate: false}, ({p, update}) => ({p: p.sub(update)}));
// @ts-expect-error the update is a value
callback('x', {takesUpdate: true}, ({update}) => ({update: update.shape}));
// @ts-expect-error a number for the update
callback('x', {takesUpdate: true}, () => ({update: 1}));
// @ts-expect-error a misspelt update
callback('x', {takesUpdate: true}, ({update}) => ({updates: update}));
// @ts-expect-error takesUpdate is true or false
callback('x', {takesUpdate: 'yes'}, () => ({}));
// @ts-expect-error the update may be missing under everyParameter
callback('x', {takesUpdate: true, everyParameter: true}, ({update}) => ({update: update.mul(2)}));
// @ts-expect-error evaluate gets no update
callback('x', {takesUpdate: true, evaluate: ({p, update}) => ({p: p.sub(update)})}, () => ({}));

// @ts-expect-error a group's numbers are numbers
callback('x', {groupState: {k: zeros}, group: () => ({})}, () => ({}));
// @ts-expect-error group returns numbers
callback('x', {groupState: {k: 0}, group: () => ({k: '1'})}, () => ({}));
// @ts-expect-error group returns only numbers of groupState
callback('x', {groupState: {k: 0}, group: ({k}) => ({k: k + 1, j: 1})}, () => ({}));
// @ts-expect-error group sees no parameter
callback('x', {groupState: {k: 0}, group: ({p}) => (p === undefined ? {} : {k: 1})}, () => ({}));
// @ts-expect-error fn does not return a group's numbers
callback('x', {groupState: {k: 0}, group: ({k}) => ({k: k + 1})}, ({k}) => ({k}));
// @ts-expect-error a group's number is not a value
callback('x', {groupState: {k: 0}, group: ({k}) => ({k: k + 1})}, ({k}) => ({p: k.mul(2)}));

// @ts-expect-error shared numbers start at numbers
callback('x', {shared: {d: zeros}}, () => ({}));
// @ts-expect-error a shared number is a value, not a number
callback('x', {shared: {d: 1}}, ({p, d}) => ({p: p.mul(d * 2)}));
// @ts-expect-error a number for a shared number
callback('x', {shared: {d: 1}}, () => ({shared: {d: 2}}));
// @ts-expect-error a shared number that is not declared
callback('x', {shared: {d: 1}}, ({d}) => ({shared: {e: d}}));
// @ts-expect-error no shared numbers are declared
callback('x', {}, ({p}) => ({shared: {d: p}}));
// @ts-expect-error a shared number is returned under shared
callback('x', {shared: {d: 1}}, ({d}) => ({d}));
// @ts-expect-error skip without skips
callback('x', {total: ({grad}) => ({sum: grad.sum()})}, ({total}) => ({skip: total.sum}));
// @ts-expect-error skip is a value
callback('x', {skips: true}, () => ({skip: true}));

// @ts-expect-error restarts names an entry that is not state
callback('x', {hypers: {lr: required}, state: {slow: copy}, restarts: ['fast']}, ({p}) => ({p}));
// @ts-expect-error unknown space
startAt(({p}) => p, {space: 'gradient'});
// @ts-expect-error total is missing without a declaration
callback('x', {hypers: {lr: required}}, ({p, total}) => ({p: p.mul(total.sq)}));
// @ts-expect-error a total that is not declared
callback('x', {total: ({grad}) => ({sq: grad.sum()})}, ({p, total}) => ({p: p.mul(total.sum)}));
// @ts-expect-error a total is a value, not a number
callback('x', {total: () => ({sq: 1})}, ({p}) => ({p}));
// @ts-expect-error a misspelt entry
callback('x', {state: {gradAvg: zeros}}, ({gradAvg}) => ({gradAvgg: gradAvg}));
// @ts-expect-error a misspelt p
callback('x', {}, ({p}) => ({P: p}));
// @ts-expect-error a number for a tensor
callback('x', {state: {gradAvg: zeros}}, () => ({gradAvg: 1}));
// @ts-expect-error a tensor for a number
callback('x', {state: {step: 0}}, ({p}) => ({step: p}));
// @ts-expect-error a number for the parameter
callback('x', {}, () => ({p: 1}));
// @ts-expect-error stop is true or false
callback('x', {}, () => ({stop: 1}));
// @ts-expect-error an entry that is read may be absent
callback('x', {reads: {gradAvg: zeros}}, ({p, gradAvg}) => ({p: p.sub(gradAvg)}));
// @ts-expect-error a callback must not return an entry that it reads
callback('x', {reads: {gradAvg: zeros}}, ({gradAvg, grad}) => ({gradAvg: gradAvg ?? grad}));
// @ts-expect-error a callback must not return an entry that it needs
callback('x', {needs: {gradAvg: zeros}}, ({gradAvg}) => ({gradAvg}));
// @ts-expect-error a callback must not return a hyper
callback('x', {hypers: {lr: required}}, ({lr}) => ({lr}));
// @ts-expect-error a hyper that is not declared
callback('x', {hypers: {lr: required}}, ({p, mom}) => ({p: p.mul(mom)}));
// @ts-expect-error a hyper is a number, without methods
callback('x', {hypers: {lr: required}}, ({p, lr}) => ({p: p.sub(lr.mul(2))}));
// @ts-expect-error no such method on a Value
callback('x', {}, ({p}) => ({p: p.matMul(p)}));
// @ts-expect-error norm() is not exact on every backend
callback('x', {}, ({p}) => ({p: p.norm()}));
// @ts-expect-error a hyper's default is a number
callback('x', {hypers: {lr: zeros}}, () => ({}));
// @ts-expect-error an option is a number or a boolean
callback('x', {options: {mode: 'fast'}}, () => ({}));
// @ts-expect-error state starts at a number or a start
callback('x', {state: {step: '0'}}, () => ({}));
// @ts-expect-error a start gives a value
callback('x', {state: {first: startAt(() => 1)}}, () => ({}));
// @ts-expect-error evaluate gives p
callback('x', {state: {slow: copy}, evaluate: ({slow}) => ({slow})}, () => ({}));
// @ts-expect-error the gradient may be missing under everyParameter
callback('x', {everyParameter: true}, ({p, grad}) => ({p: p.sub(grad)}));
// @ts-expect-error no such part of a declaration
callback('x', {hyper: {lr: required}}, () => ({}));

// A tensor is a Value without a cast, and an operand.

export const fromTensor: Value = tensor;
export const sum: Value = value.add(tensor).add(1).add([1, 2]).add(variable);
// @ts-expect-error a Value is not a tensor: it may be a trace
export const toTensor: tf.Tensor = value;

// A hyper with a range is a number, and is required where its default is.

const ranged = callback(
  'ranged',
  {
    hypers: {
      clip: {default: 0.25, from: 0, below: 1},
      times: {default: 5, from: 1, to: 9, whole: true},
      gain: {default: required, above: 0},
      mom: 0.9,
      lr: required,
    },
    groupState: {k: 0},
    group: ({k, times, gain}) => ({k: (k + gain) % times}),
    total: ({grad, clip}) => ({sum: grad.sum().mul(clip)}),
  },
  ({p, clip, times, gain, mom, lr}) => {
    const product: number = clip * times * gain * mom * lr;
    return {p: p.mul(product)};
  },
);
export const declaredFrom: number = ranged.hypers.clip.from;
new Optimizer([ranged], {gain: 2, lr: 0.1});
new Optimizer([ranged], {gain: [1, 2], lr: slice(0.1), times: 3, clip: 0.5, mom: 0});
ranged({p: tensor, grad: tensor, gain: 1, lr: 1});
ranged({p: tensor, grad: tensor, gain: 1, lr: 1, times: 2});
const oneRange = callback('x', {hypers: {k: {default: 5, whole: true}}}, ({p, k}) => ({p: p.mul(k.toFixed.length)}));
new Optimizer(oneRange, {});
adam(1e-3, {callbacks: [oneRange], k: [2, 3]});
new Optimizer([sgdStep, oneRange], {lr: 1, k: 4});
// @ts-expect-error a required hyper with a range is missing
new Optimizer([ranged], {lr: 0.1});
// @ts-expect-error a required hyper beside one with a range is missing
new Optimizer([ranged], {gain: 1});
// @ts-expect-error a hyper is a number
new Optimizer(oneRange, {k: '4'});
// @ts-expect-error a misspelt hyper
adam(1e-3, {callbacks: [oneRange], kk: 2});
// @ts-expect-error a required hyper with a range is missing
ranged({p: tensor, grad: tensor, lr: 1});
// @ts-expect-error a hyper with a range is a number, without methods
callback('x', {hypers: {k: {default: 5, whole: true}}}, ({p, k}) => ({p: p.mul(k.mul(2))}));
// @ts-expect-error a hyper with a range is not the object that declares it
callback('x', {hypers: {k: {default: 5, whole: true}}}, ({p, k}) => ({p: p.mul(k.default)}));
// @ts-expect-error a callback must not return a hyper with a range
callback('x', {hypers: {k: {default: 5}}}, ({k}) => ({k}));
// @ts-expect-error a hyper with a range has a default
callback('x', {hypers: {k: {from: 1}}}, () => ({}));
// @ts-expect-error a default is a number or required
callback('x', {hypers: {k: {default: true}}}, () => ({}));
// @ts-expect-error a bound is a number
callback('x', {hypers: {k: {default: 5, from: '1'}}}, () => ({}));
// @ts-expect-error whole is true or false
callback('x', {hypers: {k: {default: 5, whole: 1}}}, () => ({}));
// @ts-expect-error no such bound
callback('x', {hypers: {k: {default: 5, min: 1}}}, () => ({}));
// @ts-expect-error a range of an option has no default
callback('x', {options: {k: 5}, ranges: {k: {default: 5, from: 1}}}, () => ({}));

// Options are bound by `with`, hypers set by name.

export const bound: typeof averageGrad = averageGrad.with({dampening: true});
export const kept: number = accumulate.with({n: 2}).options.n;
// @ts-expect-error no such option
averageGrad.with({damping: true});
// @ts-expect-error an option of another type
averageGrad.with({dampening: 1});
// @ts-expect-error an option of another type
lookaheadSync.with({k: '5'});

// A callback that is called alone needs the values that have no default and no start.

export const {gradAvg} = averageGrad({p: tensor, grad: tensor, mom: 0.9});
export const stepped: tf.Tensor | undefined = sgdStep({p: tensor, grad: tensor, lr: 1}).p;
export const average: tf.Tensor | undefined = gradAvg;
export const raised: tf.Tensor | undefined = sharing({p: tensor, grad: tensor, d: tensor}).shared?.d;
export const updated: tf.Tensor | undefined = cautiousTaker({p: tensor, grad: tensor, update: tensor}).update;
counting({p: tensor, grad: tensor, lr: 1, k: 2});
gate({p: tensor, grad: tensor});
// @ts-expect-error a group's number is a number
counting({p: tensor, grad: tensor, lr: 1, k: tensor});
// @ts-expect-error a shared number is a tensor
sharing({p: tensor, grad: tensor, d: 1});
// @ts-expect-error a value that may be traced gives one that may be
export const traced: tf.Tensor | undefined = sgdStep({p: value, grad: value, lr: 1}).p;
averageSqrGrad({p: tensor, grad: tensor, sqrAvg: tensor, dampening: false});
needing({p: tensor, lr: 1, gradAvg: tensor, step: 1});
// @ts-expect-error lr has no default
sgdStep({p: tensor, grad: tensor});
// @ts-expect-error the parameter is missing
sgdStep({grad: tensor, lr: 1});
// @ts-expect-error what it needs is missing
needing({p: tensor, lr: 1, step: 1});
// @ts-expect-error no such argument
sgdStep({p: tensor, grad: tensor, lr: 1, mom: 0.9});
// @ts-expect-error it returns no step
export const {step} = sgdStep({p: tensor, grad: tensor, lr: 1});

// The settings of a composition are those of its callbacks.

new Optimizer([weightDecay, averageGrad.with({dampening: true}), signStep], {
  lr: 1e-4,
  mom: 0.9,
  wd: [0.1, 0.2],
  trainBn: false,
});
new Optimizer([stepStat, difference, row, accumulate, switched, lookaheadSync.with({k: 5})], {});
new Optimizer([clip, signStep], {
  lr: slice(1e-4, 1e-2),
  maxNorm: Float64Array.of(1, 2),
  params: [[variable], [variable]],
  noWd: ({rank}) => rank === 1,
});
new Optimizer([averageGrad, signStep], {lr: 1, dampening: [true, false]});
new Optimizer([sgdStep, shown], {lr: 1, share: 0.9});
new Optimizer(sgdStep, {lr: 1});
const many: readonly Callback[] = [weightDecay, averageGrad];
new Optimizer(many, {lr: 1, whatever: 2, params: [variable]});
// @ts-expect-error unknown hyper
new Optimizer([weightDecay, signStep], {lr: 1, mon: 0.9});
// @ts-expect-error lr is required
new Optimizer([weightDecay, averageGrad], {wd: 1});
// @ts-expect-error lr is required of one callback too
new Optimizer(sgdStep, {});
// @ts-expect-error a hyper is one number, or one per group
new Optimizer([sgdStep], {lr: '1'});
// @ts-expect-error parameters are variables, layers or models
new Optimizer([sgdStep], {lr: 1, params: [1]});
// @ts-expect-error settings are required where a hyper is
new Optimizer([sgdStep]);

// Factories take their hypers, and those of the callbacks before their own.

adam(1e-3, {callbacks: [clip], maxNorm: 1});
adam(1e-3, {skipNonFinite: true, maxGradNorm: 5, callbacks: [clip], maxNorm: 1});
new OptimWrapper(train, {skipNonFinite: true, maxGradNorm: 5});
// @ts-expect-error skipNonFinite is true or false
adam(1e-3, {skipNonFinite: 1});
// @ts-expect-error maxGradNorm is a number
adam(1e-3, {maxGradNorm: '5'});
adam(slice(1e-5, 1e-3), {mom: [0.9, 0.95], wd: 0.1, decoupleWd: false, params: [[variable], [variable]]});
adam(1e-3, {callbacks: many, maxNorm: 1, params: [variable]});
// Callbacks after the step have the hypers of the row, and `lr`.
adam(1e-3, {after: [cautious, trustRatio, clipUpdateRms], clipRms: 2});
lion(1e-4, {after: [averageWeights], decay: 0.9});
// @ts-expect-error the learning rate goes first, also that of other callbacks
adam(1e-3, {after: [trustRatio], lr: 1e-3});
// @ts-expect-error clipRms is a hyper of clipUpdateRms
adam(1e-3, {after: [cautious], clipRms: 2});
// The setting decay, with its hypers and options by name.
const corrected = adam([1e-3, 1e-2], {decay: correctedDecay, lr0: 1e-2, wd: 0.1});
corrected.setHyper('lr0', 0.1);
lion(1e-4, {decay: independentDecay, scheduled: false});
sgd(0.1, {decay: independentDecay.with({scheduled: false}), after: [cautious]});
adamW(1e-3, {decay: cautiousDecay}).setHyper('wd', 0.1);
ranger(1e-3, {decay: correctedDecay});
new Adam(1e-3, {decay: correctedDecay, lr0: 1});
adam(1e-3, {decay: Math.random() < 0.5 ? correctedDecay : cautiousDecay});
const anyDecay: Callback = correctedDecay;
adam(1e-3, {decay: anyDecay, lr0: 1});
// @ts-expect-error decay is a callback
adam(1e-3, {decay: 0.9});
// @ts-expect-error cautiousDecay has no lr0
adam(1e-3, {decay: cautiousDecay, lr0: 1});

// @ts-expect-error lr0 has no default where the learning rate does not give it
new Optimizer([correctedDecay, sgdStep], {lr: 0.1});
adam();
sgd(0.1, {mom: 0.9, callbacks: [accumulate.with({n: 2}), clip], maxNorm: 1});
larc(0.1, {clip: false, trustCoeff: 0.01});
rAdam(0.1, {beta: 50});
qhAdam(0.1, {nu1: 0.7, nu2: 1});
ranger(0.1, {beta: 1, callbacks: [clip], maxNorm: 1});
lookahead(rmsProp(0.1, {sqrMom: 0.9}), {k: 5, alpha: 0.8});
// @ts-expect-error Keras's name of mom
adam(1e-3, {beta1: 0.9});
// @ts-expect-error maxNorm has no default
adam(1e-3, {callbacks: [clip]});
// @ts-expect-error a hyper of a callback that is not there
adam(1e-3, {maxNorm: 1});
// @ts-expect-error a hyper of another optimizer
adamW(1e-3, {nu1: 1});
// @ts-expect-error clip is Larc's
lamb(1e-3, {clip: false});
// @ts-expect-error clip is true or false
larc(1e-3, {clip: 1});
// @ts-expect-error lr goes first
adam({lr: 1e-3});
// @ts-expect-error null is not a rate
adam(null);
// @ts-expect-error a string is not a rate
adam('0.001');
// @ts-expect-error a list of variables is not a rate
adam([variable], 1e-3);
// @ts-expect-error settings are an object
adam(1e-3, 0.9, 0.999);
// @ts-expect-error settings are an object
sgd(0.1, 0.9);
// @ts-expect-error settings are an object
ranger(0.1, 0.9);
// @ts-expect-error settings are an object
new Adam(0.1, 0.9);
// @ts-expect-error settings are an object
new OptimWrapper(train, 0.9);
// @ts-expect-error settings are an object
new Optimizer([stepStat], 0.1);
// @ts-expect-error nothing comes after the settings
adamW(1e-3, {mom: 0.9}, 0.999);
// @ts-expect-error settings are an object
lookahead(sgd(), 5, 0.8);
// @ts-expect-error settings are an object
ema(sgd(), 0.99);
// @ts-expect-error no such setting of Lookahead
lookahead(sgd(), {steps: 5});
ranger(0.1, {k: 5, alpha: 0.8});
// @ts-expect-error k is Lookahead's
adam(0.1, {k: 5});
// @ts-expect-error a name is not an optimizer
new OptimWrapper('adam');
// @ts-expect-error Keras's name of the callback's hyper
adam(1e-3, {clipnorm: 1});

// Parameters by themselves, and hypers in an object.

sgd(0.1, {params: variable});
const optimizer = sgd(0.1, {params: model});
optimizer.lr = 0.1;
optimizer.setHyper({lr: 0.1, mom: [0.9]});
optimizer.setHyper('lr', slice(0.1));
// @ts-expect-error a value is missing
optimizer.setHyper('lr');
// @ts-expect-error a rate is a number
optimizer.lr = '0.1';
// @ts-expect-error a tensor does not say whose gradient it is
optimizer.applyGradients([tensor]);
// @ts-expect-error a variable is not a gradient
optimizer.applyGradients([variable]);
optimizer.applyGradients([
  {name: variable.name, tensor},
  {name: 'w', tensor: undefined},
]);
optimizer.applyGradients({w: tensor});
// @ts-expect-error k is a number
lookahead(sgd(), {k: '6'});
// @ts-expect-error Lookahead is over optimizers of this package
lookahead(null);
