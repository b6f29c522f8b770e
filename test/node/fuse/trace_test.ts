import {adam, type Callback, callback, lamb, required, scalar, startAt, type Value} from '../../../src';
import type {Job} from '../../../src/fuse';
import {printGraph} from '../../../src/fuse/graph';
import {planOf} from '../../../src/fuse/plan';
import {startShape} from '../../../src/fuse/start_shape';
import {trace} from '../../../src/fuse/trace';
import {chainOf} from '../../../src/rule/chain';
import {describeBackends} from '../../support/backends';
import {tf} from '../../support/tfjs';

const tensors: tf.Tensor[] = [];

function jobOf(shape: number[], changes: Partial<Job> = {}): Job {
  const variable = tf.variable(tf.zeros(shape));
  const grad = tf.ones(shape);
  tensors.push(variable, grad);
  return {
    variable,
    grad,
    group: 0,
    trains: true,
    doWd: true,
    hypers: {lr: 0.1, mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0.01},
    entries: {},
    ...changes,
  };
}

function traced(callbacks: readonly Callback[], jobs: readonly Job[], common: Record<string, number> = {}) {
  return trace(chainOf(callbacks), jobs, common);
}

function isValue(x: unknown): x is Value {
  return typeof x === 'object' && x !== null && 'zerosLike' in x;
}

/** Calls a method as JavaScript would. */
function called(value: Value, method: string, ...args: readonly unknown[]): unknown {
  const found: unknown = Reflect.get(value, method);
  if (typeof found !== 'function') throw new TypeError(`value.${method} is not a function`);
  const result: unknown = Reflect.apply(found, value, args);
  return result;
}

describeBackends(
  'a traced step',
  () => {
    afterEach(() => tf.dispose(tensors.splice(0)));

    it('prints as text', () => {
      const decayed = callback('decayed', {hypers: {lr: required, wd: 0}}, ({p, grad, lr, wd}) => ({
        p: p.mul(1 - lr * wd).sub(grad.mul(lr)),
      }));
      const [only] = traced([decayed], [jobOf([3])]).buckets;
      expect(only && printGraph(only.graph)).toBe('%3 = mul(p, $0)\n%5 = mul(grad, $1)\n%6 = sub(%3, %5)\np ← %6');
      expect(only?.slots).toEqual([1 - 0.1 * 0.01, 0.1]);
    });

    it('has one structure for all steps but the first, with numbers in float64', () => {
      const {callbacks} = adam(1e-3);
      const entries = {gradAvg: tf.zeros([3]), sqrAvg: tf.zeros([3])};
      tensors.push(...Object.values(entries));
      const at = (step: number) => traced(callbacks, [jobOf([3], {entries: {...entries, step}})]).buckets[0];
      expect(at(7)?.key).toBe(at(1)?.key);
      expect(at(7)?.numbers).toEqual([['step', 8]]);
      expect(at(7)?.slots).not.toEqual(at(1)?.slots);
      expect(traced(callbacks, [jobOf([3])]).buckets[0]?.key).not.toBe(at(1)?.key);
    });

    it('traces parameters with equal hypers and state once, for all their shapes', () => {
      const hypers = {lr: 0.2, mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0.01};
      const jobs = [jobOf([3]), jobOf([2, 2]), jobOf([3], {doWd: false}), jobOf([3], {hypers}), jobOf([]), jobOf([0])];
      expect(traced(adam().callbacks, jobs).buckets.map(each => each.jobs.length)).toEqual([3, 1, 1, 1]);
    });

    it('traces each shape where a callback asks for the shape', () => {
      const scaled = callback('scaled', {}, ({p, grad}) => ({p: p.sub(grad.div(p.size))}));
      const {buckets} = traced([scaled], [jobOf([3]), jobOf([2, 2]), jobOf([3])]);
      expect(buckets.map(({slots}) => slots)).toEqual([[3], [4]]);
      expect(buckets[0]?.key).toBe(buckets[1]?.key);
    });

    it('traces each shape where a callback asks for the rank', () => {
      const ranked = callback('ranked', {}, ({p, grad}) => ({p: p.sub(grad.div(p.rank + grad.sum().rank))}));
      const {buckets} = traced([ranked], [jobOf([3]), jobOf([2, 2])]);
      expect(buckets.map(({slots}) => slots)).toEqual([[1], [2]]);
    });

    it('has reductions along the last axis or all others, by their numbers', () => {
      const along = (axis: unknown) => {
        const means = callback('means', {}, ({p, grad}) => {
          const mean = called(grad, 'mean', axis, true);
          if (!isValue(mean)) throw new Error('A mean is a value.');
          return {p: p.sub(mean)};
        });
        const {buckets} = trace(chainOf([means]), [jobOf([2, 3, 4])], {}, {hasAxes: true});
        return buckets[0]?.graph.nodes.find(({op}) => op === 'mean')?.extent;
      };
      for (const axis of [-1, 2, [2], [-1]]) expect(along(axis)).toBe('rows');
      for (const axis of [
        [0, 1],
        [1, 0],
        [-3, -2],
        [0, -2],
      ])
        expect(along(axis)).toBe('cols');
      for (const axis of [0, [1], [0, 2], [0, 1, 2], [0, 5]])
        expect(() => along(axis)).toThrowError(
          `mean() along the axes ${String(axis)}; the last axis, or all others, can be fused`,
        );
    });

    it('tells the shape of what a start computes, if the start can be traced', () => {
      expect(startShape(scalar, [2, 3])).toEqual([]);
      expect(
        startShape(
          startAt(({p}) => p.square()),
          [2, 3],
        ),
      ).toEqual([2, 3]);
      const perOption = startAt(({p, options: {isScalar}}) => (isScalar === true ? p.sum() : p));
      expect(startShape(perOption, [2, 3], {isScalar: true})).toEqual([]);
      expect(startShape(perOption, [2, 3], {isScalar: false})).toEqual([2, 3]);
      const untraceable = startAt(({p}) => {
        const sums: unknown = called(p, 'cumsum');
        return isValue(sums) ? sums : p;
      });
      expect(startShape(untraceable, [2, 3])).toBeUndefined();
    });

    it('has no values of another parameter', () => {
      let first: Value | undefined;
      const mixed = callback('mixed', {}, ({p}) => {
        first ??= p;
        return {p: p.add(first)};
      });
      expect(() => traced([mixed], [jobOf([3]), jobOf([3], {doWd: false})])).toThrowError(
        /a callback uses a value of another parameter/,
      );
    });

    it('is split into passes by reductions, and only the last one writes', () => {
      // LAMB: the largest elements, the mean squares, the step.
      const result = traced(lamb().callbacks, [jobOf([3])]);
      const plan = result.buckets.map(each => planOf(each, result.barriers))[0];
      expect(
        plan?.passes.map(({reductions, writes, barrier}) => [
          reductions.length,
          writes.map(({name}) => name),
          barrier,
        ]),
      ).toEqual([
        [2, [], false],
        [2, [], false],
        [0, ['p', 'gradAvg', 'sqrAvg'], false],
      ]);
    });

    it('waits for all parameters where a callback has totals', () => {
      const clipped = callback('clipped', {total: ({grad}) => ({sq: grad.square().sum()})}, ({grad, total}) => ({
        grad: grad.div(total.sq.sqrt().maximum(1)),
      }));
      const step = callback('plainStep', {}, ({p, grad}) => ({p: p.sub(grad)}));
      const result = traced([clipped, step], [jobOf([3]), jobOf([3], {doWd: false})]);
      expect(result.totals).toBe(1);
      for (const each of result.buckets) {
        const {passes} = planOf(each, result.barriers);
        expect(passes.map(({barrier, after, writes}) => [barrier, after.terms.length, writes.length])).toEqual([
          [false, 1, 0],
          [true, 0, 1],
        ]);
      }
    });

    const impossible: ReadonlyArray<readonly [what: string, run: (p: Value) => unknown]> = [
      ['an axis', p => called(p, 'sum', 0)],
      ['a tensor from elsewhere', p => p.mul(tf.scalar(2))],
      ['an array', p => p.mul([1, 2, 3])],
      ['a condition from numbers', p => p.where(p, 0)],
      ['a method that values lack', p => called(p, 'sinh')],
      // @ts-expect-error tfjs's own functions take tensors only.
      ['a function of tfjs', p => tf.square(p)],
    ];
    for (const [what, run] of impossible) {
      it(`is not possible with ${what}`, () => {
        const odd = callback('odd', {}, ({p}) => {
          run(p);
          return {};
        });
        expect(() =>
          tf.tidy(() => {
            traced([odd], [jobOf([3])]);
          }),
        ).toThrowError();
      });
    }
  },
  ['cpu'],
);
