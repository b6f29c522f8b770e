import {
  combine,
  combinedCos,
  combineScheds,
  constant,
  cos,
  exp,
  lin,
  poly,
  schedCos,
  schedExp,
  schedLin,
  schedNo,
  schedPoly,
  scheduleAt,
} from '../../src';
import {expectClose} from '../support/close';
import * as golden from '../support/golden';
import {present} from '../support/present';

type Pos = (pos: number) => number | readonly number[];

const FUNCTIONS = new Map([
  ['SchedLin', schedLin],
  ['SchedCos', schedCos],
  ['SchedNo', schedNo],
  ['SchedExp', schedExp],
]);

function made({fn, start, end, power = 1}: golden.ScheduleFunction): Pos {
  if (typeof start === 'number' && typeof end === 'number')
    return fn === 'SchedPoly' ? schedPoly(start, end, power) : present(FUNCTIONS.get(fn))(start, end);
  const [from, to] = [listOf(start), listOf(end)];
  return fn === 'SchedPoly' ? schedPoly(from, to, power) : present(FUNCTIONS.get(fn))(from, to);
}

function listOf(values: golden.OneOrMany): readonly number[] {
  return typeof values === 'number' ? [values] : values;
}

function functionOf(one: golden.ScheduleFunctionCase): Pos {
  if (one.kind === 'func') return made(one);
  if (one.kind === 'combine_scheds') return combineScheds(one.pcts, one.scheds.map(made));
  const {pct, start, middle, end} = one;
  return typeof start === 'number' && typeof middle === 'number' && typeof end === 'number'
    ? combinedCos(pct, start, middle, end)
    : combinedCos(pct, listOf(start), listOf(middle), listOf(end));
}

describe('the schedule functions', () => {
  for (const one of golden.scheduleFunctions.cases) {
    it(`give the recorded values: ${JSON.stringify(one).slice(0, 120)}`, () => {
      if (one.kind === 'combine_scheds' && one.expect_error !== undefined) {
        expect(() => functionOf(one)).toThrowError(/shares|add up/);
        return;
      }
      const at = functionOf(one);
      const wanted = present(one.values).map(listOf);
      const largest = Math.max(...wanted.flat().map(Math.abs));
      const got = present(one.pos).map(pos => listOf(at(pos)));
      expect(got.length).toBe(wanted.length);
      // FORMAT.md: fastai computes positions in float32, so within 1e-6 of the largest value.
      expectClose(
        got.flat().map(value => value / largest),
        wanted.flat().map(value => value / largest),
        1e-6,
      );
    });
  }

  it('say what is wrong with their arguments', () => {
    expect(() => schedExp(0, 1)).toThrowError(/not 0; got 0 and 1/);
    expect(() => schedPoly(0, 1, 0)).toThrowError(/power/);
    expect(() => schedLin([1, 2], [1])).toThrowError(/got 2 at the start and 1 at the end/);
    expect(() => combineScheds([1], [schedLin(0, 1), schedLin(0, 1)])).toThrowError(/each of its 2 parts/);
  });
});

describe('a schedule as data', () => {
  const half = [0, 0.25, 0.5, 1];
  const cases = [
    {name: 'lin', schedule: lin(1, 3), same: schedLin(1, 3)},
    {name: 'cos', schedule: cos(1, 3), same: schedCos(1, 3)},
    {name: 'exp', schedule: exp(1, 3), same: schedExp(1, 3)},
    {name: 'poly', schedule: poly(1, 3, 2), same: schedPoly(1, 3, 2)},
    {name: 'constant', schedule: constant(2), same: schedNo(2, 3)},
    {
      name: 'combine',
      schedule: combine([0.5, 0.5], [lin(1, 3), cos(3, 0)]),
      same: combineScheds([0.5, 0.5], [schedLin(1, 3), schedCos(3, 0)]),
    },
  ];
  for (const {name, schedule, same} of cases) {
    it(`is the function of its name: ${name}`, () => {
      expect(half.map(pos => scheduleAt(schedule, pos))).toEqual(half.map(pos => [same(pos)]));
    });
  }

  it('has a value for each group', () => {
    expect(scheduleAt(lin([1, 2], [3, 6]), 0.5, 2)).toEqual([2, 4]);
    expect(() => scheduleAt(lin([1, 2, 3], 1), 0, 2)).toThrowError(/3 values for value but there are 2/);
  });
});
