/** Text for loops along channels, which lie side by side: many at once in vectors, then the rest in ever smaller steps. */
import type {WasmFeatures} from '../wasm/module';

/** A step along the channels: so many lanes of a value, and so many values side by side. */
export interface Lanes {
  readonly type: 'v128' | 'f32';
  readonly op: 'f32x4' | 'f32';
  readonly size: number;
  /** So many sums are under way at once, to hide the time that an addition takes. */
  readonly parts: number;
}

const stepsOf = ({simd}: WasmFeatures): readonly Lanes[] => [
  ...(simd ? [{type: 'v128', op: 'f32x4', size: 4, parts: 4}, {type: 'v128', op: 'f32x4', size: 4, parts: 1}] as const : []),
  {type: 'f32', op: 'f32', size: 1, parts: 1},
];

/** `count` declarations of i32 parameters, or locals, by names with blanks between. */
export const params = (names: string): string => names.split(' ').map((name) => `(param $${name} i32)`).join(' ');
export const locals = (names: string): string => names.split(' ').map((name) => `(local $${name} i32)`).join(' ');

export const get = (name: string): string => `(local.get $${name})`;
export const advance = (name: string, by: string | number): string =>
  `(local.set $${name} (i32.add ${get(name)} ${typeof by === 'number' ? `(i32.const ${by})` : by}))`;

/** Runs `body` as often as the local `counter` says, which is 0 afterwards. */
export function repeat(counter: string, body: string): string {
  return `(block $end (loop $again (br_if $end (i32.eqz ${get(counter)}))
    ${body} ${advance(counter, -1)} (br $again)))`;
}

/** What a body is written with: `each` part of the step in turn, with locals `name` of the step's type. */
export interface LaneText {
  readonly each: (text: (part: number) => string) => string;
  readonly load: (at: string, part: number) => string;
  readonly store: (at: string, part: number, value: string) => string;
  readonly add: (x: string, y: string) => string;
  readonly sub: (x: string, y: string) => string;
  readonly mul: (x: string, y: string) => string;
  readonly zero: string;
  readonly get: (name: string, part: number) => string;
  readonly set: (name: string, part: number, value: string) => string;
}

function textOf({type, op, size, parts}: Lanes): LaneText {
  const local = (name: string, part: number): string => `$${name}_${type}_${part}`;
  return {
    each: (text) => Array.from({length: parts}, (_, part) => text(part)).join('\n'),
    load: (at, part) => `(${type}.load offset=${4 * size * part} ${get(at)})`,
    store: (at, part, value) => `(${type}.store offset=${4 * size * part} ${get(at)} ${value})`,
    add: (x, y) => `(${op}.add ${x} ${y})`,
    sub: (x, y) => `(${op}.sub ${x} ${y})`,
    mul: (x, y) => `(${op}.mul ${x} ${y})`,
    zero: type === 'f32' ? '(f32.const 0)' : '(f32x4.splat (f32.const 0))',
    get: (name, part) => `(local.get ${local(name, part)})`,
    set: (name, part, value) => `(local.set ${local(name, part)} ${value})`,
  };
}

/** The locals that bodies hold lanes in. */
export function laneLocals(features: WasmFeatures, names: string): string {
  const declared = names.split(' ').flatMap((name) => stepsOf(features).flatMap(({type, parts}) =>
    Array.from({length: parts}, (_, part) => `(local $${name}_${type}_${part} ${type})`)));
  return [...new Set(declared)].join(' ');
}

/** Runs `body` for each step while that many $channels are left, and moves the pointers on. */
export function alongChannels(features: WasmFeatures, pointers: readonly string[], body: (text: LaneText) => string): string {
  return stepsOf(features).map((lanes) => {
    const width = lanes.size * lanes.parts;
    return `(block $narrower (loop $wide
      (br_if $narrower (i32.lt_s ${get('channels')} (i32.const ${width})))
      ${body(textOf(lanes))}
      ${pointers.map((name) => advance(name, 4 * width)).join(' ')}
      ${advance('channels', -width)}
      (br $wide)))`;
  }).join('\n');
}
