import {newCallback} from '../rule/callback';
import {copy} from '../rule/starts';

/**
 * Lookahead's synchronization. It comes after an optimizer's own callbacks. Every k-th step:
 * `slow ← slow + alpha·(p - slow)`, `p ← slow`. `slow` starts as the parameter before its first step. It starts anew
 * where others replaced the parameter. All parameters share `count`, also frozen ones, which do not change. Options:
 * `k`, a whole number from 1, default 6; `alpha`, from 0 to 1, default 0.5. Source: Zhang et al., Lookahead Optimizer:
 * k steps forward, 1 step back, 2019.
 * @example
 * ```ts
 * const opt = new Optimizer([sgdStep, lookaheadSync.with({k: 6, alpha: 0.5})], {lr: 0.1});
 * // the same, shorter: lookahead(sgd(0.1))
 * ```
 */
export const lookaheadSync = /* @__PURE__ */ newCallback(
  'lookaheadSync',
  {
    state: {slow: copy, count: 0},
    restarts: ['slow'],
    options: {k: 6, alpha: 0.5},
    ranges: {k: {from: 1, whole: true}, alpha: {from: 0, to: 1}},
    everyParameter: true,
  },
  ({p, slow, count, k, alpha}) => {
    if ((count + 1) % k !== 0) return {count: count + 1};
    const synced = slow.add(p.sub(slow).mul(alpha));
    return {p: synced, slow: synced, count: count + 1};
  },
);
