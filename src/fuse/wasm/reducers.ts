import type {Bytes} from '../../wasm/encode';
import type {Code} from './function_code';
import {float, lane, op} from './instructions';

/** The upper two of four lanes, as the lower two. */
export function upperHalf(value: Bytes): Bytes {
  return [...op('i8x16.shuffle', value, value), 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
}

/** How a loop reduces what it computes to one number. */
export interface Reducer {
  /** Declares and sets the locals of the reducer. */
  readonly begin: () => Bytes;
  /** Sets the locals again, to reduce another row. */
  readonly restart: () => Bytes;
  /** Adds four elements. */
  readonly vector: (value: Bytes) => Bytes;
  /** Reduces the four lanes to one number, after the loop over vectors. */
  readonly lanes: () => Bytes;
  /** Adds one element. */
  readonly element: (value: Bytes) => Bytes;
  /** Combines the reduction so far with the result of this loop. */
  readonly end: (before: Bytes) => Bytes;
}

/**
 * The i-th reduction as a sum in float64.
 * @param isMixed whether elements come between vectors. Otherwise they come after `lanes`.
 */
export function sum(code: Code, i: number, isMixed: boolean): Reducer {
  const [low, high, all] = [`low${i}`, `high${i}`, `sum${i}`];
  const add = (name: string, half: Bytes): Bytes =>
    code.set(name, 'v128', op('f64x2.add', code.get(name), op('f64x2.promote_low_f32x4', half)));
  const both = (name: string): Bytes =>
    op('f64.add', lane('f64x2.extract_lane', 0, code.get(name)), lane('f64x2.extract_lane', 1, code.get(name)));
  return {
    // Locals start at 0.
    begin: () => {
      for (const name of [low, high]) code.declare(name, 'v128');
      code.declare(all, 'f64');
      return [];
    },
    restart: () => [low, high].flatMap(name => code.set(name, 'v128', op('f32x4.splat', float(0)))),
    vector: value => [...add(low, value), ...add(high, upperHalf(value))],
    lanes: () => code.set(all, 'f64', op('f64.add', both(low), both(high))),
    element: value =>
      isMixed
        ? add(low, lane('f32x4.replace_lane', 0, op('f32x4.splat', float(0)), value))
        : code.set(all, 'f64', op('f64.add', code.get(all), op('f64.promote_f32', value))),
    end: before => op('f64.add', before, code.get(all)),
  };
}

/**
 * The i-th reduction as a maximum. A vector's `max` passes NaN on, but takes about ten dependent instructions on x64.
 * `pmax` takes one, so NaN is recorded separately.
 */
export function largest(code: Code, i: number): Reducer {
  const [four, all, nan] = [`four${i}`, `max${i}`, `nan${i}`];
  const larger = (value: Bytes): Bytes => code.set(all, 'f32', op('f32.max', code.get(all), value));
  return {
    begin: () => {
      code.declare(nan, 'v128');
      return [...code.set(all, 'f32', float(-Infinity)), ...code.set(four, 'v128', op('f32x4.splat', code.get(all)))];
    },
    restart: () => {
      // Unreachable: a maximum along an axis is not traced.
      throw new Error('Maxima of rows are not fused.');
    },
    vector: value => [
      ...code.set(four, 'v128', op('f32x4.pmax', code.get(four), value)),
      ...code.set(nan, 'v128', op('v128.or', code.get(nan), op('f32x4.ne', value, value))),
    ],
    // A lane whose bits are all 1 is NaN.
    lanes: () => [
      ...code.set(four, 'v128', op('v128.or', code.get(four), code.get(nan))),
      ...[0, 1, 2, 3].flatMap(which => larger(lane('f32x4.extract_lane', which, code.get(four)))),
    ],
    element: larger,
    end: before => op('f64.max', before, op('f64.promote_f32', code.get(all))),
  };
}

/**
 * The i-th reduction as the number of elements where a condition holds. It is exact, and faster than a sum.
 * @param all how many elements there are, to count those where the condition does not hold.
 */
export function count(code: Code, i: number, all?: Bytes): Reducer {
  const [four, held] = [`four${i}`, `count${i}`];
  const start = (): Bytes => code.set(four, 'v128', op('f32x4.splat', float(0)));
  const add = (one: Bytes): Bytes => code.set(held, 'i32', op('i32.add', code.get(held), one));
  return {
    begin: () => {
      code.declare(held, 'i32');
      return start();
    },
    restart: start,
    // All bits of a lane are 1 where the condition holds, which is the integer -1.
    vector: value => code.set(four, 'v128', op('i32x4.sub', code.get(four), value)),
    lanes: () => [0, 1, 2, 3].flatMap(which => add(lane('i32x4.extract_lane', which, code.get(four)))),
    element: add,
    end: before => {
      const counted = all === undefined ? code.get(held) : op('i32.sub', all, code.get(held));
      return op('f64.add', before, op('f64.convert_i32_u', counted));
    },
  };
}
