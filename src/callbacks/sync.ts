import {newCallback} from '../rule/callback';
import {copy} from '../rule/starts';

/**
 * Lookahead's synchronization, after an optimizer's own callbacks. Every k-th step: `slow ← slow + alpha·(p - slow)`,
 * `p ← slow`. `slow` starts as the parameter before its first step, and anew where others replaced the parameter;
 * `count` is common to all parameters, frozen ones included, which stay as they are. Options: `k` 6, `alpha` 0.5.
 * Source: Zhang et al., Lookahead Optimizer: k steps forward, 1 step back, 2019.
 */
export const lookaheadSync = newCallback(
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
