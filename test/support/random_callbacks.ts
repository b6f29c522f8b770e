import fc from 'fast-check';

import {
  type Callback,
  callback,
  copy,
  lastAxis,
  otherAxes,
  required,
  scalar,
  startAt,
  type Value,
  zeros,
} from '../../src';
import type {Binary, Unary} from '../../src/rule/operations';

/** The values in an expression. `memory` has the parameter's shape, `level` is a scalar. */
interface Leaves {
  readonly p: Value;
  readonly grad: Value;
  readonly memory: Value;
  readonly level: Value;
  readonly lr: number;
}

/** A random function for callbacks, and its text in a counterexample. */
interface Expression {
  readonly text: string;
  readonly of: (at: Leaves) => Value;
}

interface Factor {
  readonly text: string;
  readonly of: (at: Leaves) => Value | number;
}

type Composed = 'sum' | 'mean' | 'max' | 'any' | 'rowMean' | 'columnMean' | 'outerProduct';

// Every operation maps values of a size around 2 to such values again and varies gently, so that float32 stays close
// to float64 however they are nested. What jumps (comparisons, sign) is used where both sides of the jump meet.
const UNARY: Readonly<Record<Unary | 'zerosLike' | 'onesLike' | Composed, (a: Value) => Value>> = {
  neg: a => a.neg(),
  abs: a => a.abs(),
  square: a => a.square().mul(0.5),
  sqrt: a => a.abs().add(0.25).sqrt(),
  exp: a => a.abs().neg().exp(),
  log: a => a.abs().add(1).log(),
  softplus: a => a.softplus().mul(0.5),
  tanh: a => a.tanh(),
  sign: a => a.sign().mul(a),
  logicalNot: a => a.where(a.less(0).logicalNot(), 0),
  zerosLike: a => a.zerosLike().add(a),
  onesLike: a => a.onesLike().sub(a).mul(0.5),
  sum: a => a.sum().div(a.size),
  mean: a => a.mean(),
  max: a => a.max(),
  any: a => a.where(a.greater(-1e6).any(), 0),
  rowMean: a => a.add(a.mean(lastAxis(a), true)).mul(0.5),
  columnMean: a => a.sub(a.mean(otherAxes(a), true)).mul(0.5),
  outerProduct: a => {
    const rows = a.mean(lastAxis(a), true);
    const columns = a.mean(otherAxes(a), true);
    return rows.abs().add(0.5).sqrt().mul(columns).add(rows.mean()).add(columns.square().max()).add(a).mul(0.25);
  },
};

const BINARY: Readonly<Record<Binary, (a: Value, b: Value | number) => Value>> = {
  add: (a, b) => a.add(b).mul(0.5),
  sub: (a, b) => a.sub(b).mul(0.5),
  mul: (a, b) => a.mul(b).mul(0.5),
  div: (a, b) => a.div(typeof b === 'number' ? Math.abs(b) + 1 : b.abs().add(1)),
  pow: (a, b) => {
    const exponent = typeof b === 'number' ? Math.abs(b) / 2 + 0.5 : b.abs().minimum(1).add(0.5);
    return a.abs().add(0.5).pow(exponent).mul(0.5);
  },
  maximum: (a, b) => a.maximum(b),
  minimum: (a, b) => a.minimum(b),
  less: (a, b) => a.where(a.less(b), b),
  lessEqual: (a, b) => a.where(a.lessEqual(b).logicalNot(), b),
  greater: (a, b) => a.where(a.greater(b), b),
  greaterEqual: (a, b) => a.where(a.greaterEqual(b), b),
  equal: (a, b) => a.where(a.equal(b), b),
  logicalOr: (a, b) => a.where(a.less(b).logicalOr(a.equal(b)), b),
  logicalAnd: (a, b) => a.where(a.greater(b).logicalAnd(a.equal(b).logicalNot()), b),
};

const leaf = fc.constantFrom<Expression[]>(
  {text: 'p', of: ({p}) => p},
  {text: 'grad', of: ({grad}) => grad},
  {text: 'memory', of: ({memory}) => memory},
  {text: 'level', of: ({level}) => level},
);

const number = fc.oneof(
  fc.constant<Factor>({text: 'lr', of: ({lr}) => lr}),
  fc.integer({min: -16, max: 16}).map((n): Factor => ({text: String(n / 8), of: () => n / 8})),
);

const expression = fc.letrec<{expression: Expression}>(tie => ({
  expression: fc.oneof(
    {maxDepth: 4, withCrossShrink: true},
    leaf,
    fc
      .record({op: fc.constantFrom(...Object.entries(UNARY)), a: tie('expression')})
      .map(({op: [name, apply], a}) => ({text: `${name}(${a.text})`, of: (at: Leaves) => apply(a.of(at))})),
    fc
      .record({
        op: fc.constantFrom(...Object.entries(BINARY)),
        a: tie('expression'),
        b: fc.oneof(tie('expression'), number),
      })
      .map(({op: [name, apply], a, b}) => ({
        text: `${name}(${a.text}, ${b.text})`,
        of: (at: Leaves) => apply(a.of(at), b.of(at)),
      })),
  ),
})).expression;

/** A callback of random maths, and its text in a counterexample. */
export interface RandomCallback {
  readonly made: Callback;
  readonly text: string;
}

/**
 * A step of random maths with a state of its own: a tensor of the parameter's shape, a scalar, and a number on the
 * host.
 */
export const randomStep: fc.Arbitrary<RandomCallback> = fc
  .record({
    move: expression,
    keep: expression,
    level: expression,
    start: fc.constantFrom(zeros, copy),
    every: fc.integer({min: 1, max: 3}),
  })
  .map(({move, keep, level: next, start, every}) => ({
    text: `randomStep(p -= lr·${move.text}; memory: ${keep.text}; level: ${next.text}; every ${every})`,
    made: callback('randomStep', {hypers: {lr: required}, state: {memory: start, level: scalar, turns: 0}}, at => ({
      p: at.p.sub(move.of(at).mul(at.lr)),
      memory: (at.turns + 1) % every === 0 ? at.memory.mul(0.5).add(keep.of(at).mul(0.5)) : at.memory,
      level: at.level.mul(0.5).add(next.of(at).mean().mul(0.5)),
      turns: at.turns + 1,
    })),
  }));

/** Changes the gradient by random maths, which may use the average of an earlier callback. */
export const randomGradient: fc.Arbitrary<RandomCallback> = fc
  .record({change: expression, share: fc.constantFrom(0.25, 0.5)})
  .map(({change, share}) => ({
    text: `randomGradient(grad += ${share}·${change.text})`,
    made: callback('randomGradient', {hypers: {lr: required}, reads: {gradAvg: zeros}}, ({p, grad, gradAvg, lr}) => ({
      grad: grad.add(change.of({p, grad, memory: gradAvg ?? grad, level: grad.mean(), lr}).mul(share)),
    })),
  }));

/** Scales the gradient by a total of random maths over all parameters. */
export const randomTotal: fc.Arbitrary<RandomCallback> = expression.map(term => ({
  text: `randomTotal(${term.text})`,
  made: callback(
    'randomTotal',
    {
      hypers: {lr: required},
      total: ({p, grad, lr}) => ({
        sum: term.of({p, grad, memory: p, level: p.sum().zerosLike(), lr}).sum(),
        weight: grad.square().sum(),
      }),
    },
    ({grad, total}) => ({grad: grad.div(total.sum.abs().add(total.weight).add(1)).mul(4)}),
  ),
}));

/** Keeps averages per row and per column, and changes the gradient by them. */
export const randomAxes: fc.Arbitrary<RandomCallback> = expression.map(({text, of}) => ({
  text: `randomAxes(${text})`,
  made: callback(
    'randomAxes',
    {
      hypers: {lr: required},
      state: {
        rowAvg: startAt(({p}) => p.zerosLike().mean(lastAxis(p), true)),
        columnAvg: startAt(({p}) => p.mean(otherAxes(p), true)),
      },
    },
    ({p, grad, rowAvg, columnAvg, lr}) => {
      const value = of({p, grad, memory: p.mul(columnAvg), level: grad.mean(), lr});
      // A value without an element per parameter element is broadcast.
      const full = value.add(p.zerosLike());
      const rows = rowAvg.mul(0.5).add(full.mean(lastAxis(full), true).mul(0.5));
      const columns = columnAvg.mul(0.5).add(full.mean(otherAxes(full), true).mul(0.5));
      return {rowAvg: rows, columnAvg: columns, grad: grad.add(rows.mul(columns)).mul(0.5)};
    },
  ),
}));

/** Changes the update of the step before it. */
export const randomUpdate: fc.Arbitrary<RandomCallback> = expression.map(({text, of}) => ({
  text: `randomUpdate(${text})`,
  made: callback('randomUpdate', {takesUpdate: true, hypers: {lr: required}}, ({p, grad, update, lr}) => ({
    update: update.mul(of({p, grad, memory: update, level: update.mean(), lr}).abs().add(0.5)).mul(0.5),
  })),
}));

/** A total whose decaying average all parameters share, and which counts the steps of each group. */
export const randomShared: fc.Arbitrary<RandomCallback> = expression.map(({text, of}) => ({
  text: `randomShared(${text})`,
  made: callback(
    'randomShared',
    {
      hypers: {lr: required},
      groupState: {turn: 0, rate: 1},
      group: ({turn, lr}) => ({turn: turn + 1, rate: 1 + lr * turn}),
      shared: {drift: 0.5, largest: 0},
      total: ({p, grad, lr, drift, rate}) => ({
        sum: of({p, grad, memory: p.mul(drift), level: drift, lr})
          .mul(rate)
          .sum(),
        weight: p.square().sum(),
      }),
    },
    ({grad, drift, largest, turn, total}) => {
      const next = drift.mul(0.5).add(total.sum.div(total.weight.add(1)));
      return {
        grad: grad.mul(next.abs().add(1)).div(turn + 1),
        shared: {drift: next, largest: largest.maximum(next)},
      };
    },
  ),
}));

/** Changes the gradient, or the update where it takes that, as ordinary operations: it can't be traced. */
export const randomAlone: fc.Arbitrary<RandomCallback> = fc
  .record({change: expression, takesUpdate: fc.boolean()})
  .map(({change: {text, of}, takesUpdate}) => {
    const changed = (p: Value, grad: Value, x: Value, lr: number): Value => {
      if ('isTraced' in p) throw new Error('It must have real values.');
      return x.mul(of({p, grad, memory: x, level: grad.mean(), lr}).abs().add(0.5)).mul(0.5);
    };
    return {
      text: `randomAlone(${takesUpdate ? 'update' : 'grad'}: ${text})`,
      made: takesUpdate
        ? callback('randomAlone', {takesUpdate, hypers: {lr: required}}, ({p, grad, update, lr}) => ({
            update: changed(p, grad, update, lr),
          }))
        : callback('randomAlone', {hypers: {lr: required}}, ({p, grad, lr}) => ({grad: changed(p, grad, grad, lr)})),
    };
  });
