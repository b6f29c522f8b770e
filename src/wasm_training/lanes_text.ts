/** Text for loops along adjacent channels. The first steps take many channels, in vectors; later steps take fewer. */
import type {WasmFeatures} from '../wasm/module';
import {type MultiplyAdd, multiplyAdd} from './multiply_add_text';

/** A step along the channels. */
interface Lanes {
  readonly type: 'v128' | 'f32';
  readonly op: 'f32x4' | 'f32';
  /** The number of lanes of a value. */
  readonly size: number;
  /** The number of adjacent values. Their sums are independent, which hides the latency of additions. */
  readonly parts: number;
}

const stepsOf = ({simd}: WasmFeatures): readonly Lanes[] => [
  ...(simd
    ? ([
        {type: 'v128', op: 'f32x4', size: 4, parts: 4},
        {type: 'v128', op: 'f32x4', size: 4, parts: 1},
      ] as const)
    : []),
  {type: 'f32', op: 'f32', size: 1, parts: 1},
];

/** Declarations of i32 parameters. @param names separated by blanks. */
export const params = (names: string): string =>
  names
    .split(' ')
    .map(name => `(param $${name} i32)`)
    .join(' ');
/** Declarations of i32 locals. @param names separated by blanks. */
export const locals = (names: string): string =>
  names
    .split(' ')
    .map(name => `(local $${name} i32)`)
    .join(' ');

export const get = (name: string): string => `(local.get $${name})`;
export const advance = (name: string, by: string | number): string =>
  `(local.set $${name} (i32.add ${get(name)} ${typeof by === 'number' ? `(i32.const ${by})` : by}))`;

/** Repeats `body` as often as the local `counter` says. The counter is 0 afterwards. */
export function repeat(counter: string, body: string): string {
  return `(block $end (loop $again (br_if $end (i32.eqz ${get(counter)}))
    ${body} ${advance(counter, -1)} (br $again)))`;
}

/** Makes the text of a body: `each` repeats a text per part of the step. Locals by `name` have the step's type. */
export interface LaneText {
  readonly each: (text: (part: number) => string) => string;
  readonly load: (at: string, part: number) => string;
  readonly store: (at: string, part: number, value: string) => string;
  readonly add: (x: string, y: string) => string;
  readonly sub: (x: string, y: string) => string;
  readonly mul: (x: string, y: string) => string;
  readonly multiplyAdd: (operands: MultiplyAdd) => string;
  readonly zero: string;
  readonly get: (name: string, part: number) => string;
  readonly set: (name: string, part: number, value: string) => string;
  readonly wide: WideText;
}

/** The same lanes in float64. */
interface WideText {
  readonly clear: (name: string, part: number) => string;
  readonly add: (name: string, part: number, value: string) => string;
  readonly narrowed: (name: string, part: number) => string;
}

const local = (name: string, {type}: Lanes, part: number): string => `$${name}_${type}_${part}`;
const wideName = (name: string, which: 'number' | 'low' | 'high', part: number): string => `$${name}_${which}_${part}`;
const HALVES = ['low', 'high'] as const;
const bytes = (...lanes: readonly number[]): string =>
  lanes.flatMap(lane => [0, 1, 2, 3].map(byte => 4 * lane + byte)).join(' ');

const wideNumbers: WideText = {
  clear: (name, part) => `(local.set ${wideName(name, 'number', part)} (f64.const 0))`,
  add: (name, part, value) =>
    `(local.set ${wideName(name, 'number', part)} (f64.add ` +
    `(local.get ${wideName(name, 'number', part)}) (f64.promote_f32 ${value})))`,
  narrowed: (name, part) => `(f32.demote_f64 (local.get ${wideName(name, 'number', part)}))`,
};

const wideVectors: WideText = {
  clear: (name, part) =>
    HALVES.map(which => `(local.set ${wideName(name, which, part)} (f64x2.splat (f64.const 0)))`).join(' '),
  add: (name, part, value) =>
    HALVES.map(which => {
      const total = wideName(name, which, part);
      const lanes = which === 'low' ? value : `(i8x16.shuffle ${bytes(2, 3, 2, 3)} ${value} ${value})`;
      return `(local.set ${total} (f64x2.add (local.get ${total}) (f64x2.promote_low_f32x4 ${lanes})))`;
    }).join('\n'),
  narrowed: (name, part) => {
    const [low, high] = HALVES.map(which => `(f32x4.demote_f64x2_zero (local.get ${wideName(name, which, part)}))`);
    return `(i8x16.shuffle ${bytes(0, 1, 4, 5)} ${low} ${high})`;
  },
};

function textOf(features: WasmFeatures, lanes: Lanes): LaneText {
  const {type, op, size, parts} = lanes;
  return {
    each: text => Array.from({length: parts}, (_, part) => text(part)).join('\n'),
    load: (at, part) => `(${type}.load offset=${4 * size * part} ${get(at)})`,
    store: (at, part, value) => `(${type}.store offset=${4 * size * part} ${get(at)} ${value})`,
    add: (x, y) => `(${op}.add ${x} ${y})`,
    sub: (x, y) => `(${op}.sub ${x} ${y})`,
    mul: (x, y) => `(${op}.mul ${x} ${y})`,
    multiplyAdd: operands => multiplyAdd(features, op, operands),
    zero: type === 'f32' ? '(f32.const 0)' : '(f32x4.splat (f32.const 0))',
    get: (name, part) => `(local.get ${local(name, lanes, part)})`,
    set: (name, part, value) => `(local.set ${local(name, lanes, part)} ${value})`,
    wide: type === 'f32' ? wideNumbers : wideVectors,
  };
}

/** Declares the locals in which bodies hold lanes. Those of kind `wide` hold them in float64. */
export function laneLocals(features: WasmFeatures, names: string, kind: 'single' | 'wide' = 'single'): string {
  const declared = names
    .split(' ')
    .flatMap(name =>
      stepsOf(features).flatMap(lanes =>
        Array.from({length: lanes.parts}, (_, part) =>
          kind === 'single' ? [`(local ${local(name, lanes, part)} ${lanes.type})`] : wideLocals(name, lanes, part),
        ).flat(),
      ),
    );
  return [...new Set(declared)].join(' ');
}

function wideLocals(name: string, {type}: Lanes, part: number): string[] {
  return type === 'f32'
    ? [`(local ${wideName(name, 'number', part)} f64)`]
    : [`(local ${wideName(name, 'low', part)} v128)`, `(local ${wideName(name, 'high', part)} v128)`];
}

/** Runs `body` for each step while enough $channels are left, and advances the pointers. */
export function alongChannels(
  features: WasmFeatures,
  pointers: readonly string[],
  body: (text: LaneText) => string,
): string {
  return stepsOf(features)
    .map(lanes => {
      const width = lanes.size * lanes.parts;
      return `(block $narrower (loop $wide
      (br_if $narrower (i32.lt_s ${get('channels')} (i32.const ${width})))
      ${body(textOf(features, lanes))}
      ${pointers.map(name => advance(name, 4 * width)).join(' ')}
      ${advance('channels', -width)}
      (br $wide)))`;
    })
    .join('\n');
}
