import {newCallback} from '../rule/callback';
import {required} from '../rule/required';

/**
 * Decoupled weight decay: `p ← p·(1 - lr·wd)`, where `doWd`. Default: `wd` 0. `lr` must be given.
 * Source: Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019.
 */
export const weightDecay = newCallback(
  'weightDecay',
  {hypers: {lr: required, wd: 0}, isStep: false},
  ({p, lr, wd, doWd}) => (doWd ? {p: p.mul(1 - lr * wd)} : {}),
);

/** L2 regularization: `grad ← grad + wd·p`, where `doWd`. The caller's gradient does not change. Default: `wd` 0. */
export const l2Reg = newCallback('l2Reg', {hypers: {wd: 0}}, ({p, grad, wd, doWd}) =>
  doWd ? {grad: grad.add(p.mul(wd))} : {},
);
