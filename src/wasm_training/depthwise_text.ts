/** The text of the depthwise convolutions' functions: channel by channel, so that every loop runs along the channels. */
import type {WasmFeatures} from '../wasm/module';

interface Lanes {
  readonly type: 'v128' | 'f32';
  readonly op: 'f32x4' | 'f32';
  readonly size: number;
  /** Lanes side by side: so many sums are under way at once, to hide the time that an addition takes. */
  readonly parts: number;
}

const widths = ({simd}: WasmFeatures): readonly Lanes[] => [
  ...(simd ? [{type: 'v128', op: 'f32x4', size: 4, parts: 4}, {type: 'v128', op: 'f32x4', size: 4, parts: 1}] as const : []),
  {type: 'f32', op: 'f32', size: 1, parts: 1},
];

const params = (names: string): string => names.split(' ').map((name) => `(param $${name} i32)`).join(' ');
const range = (length: number): number[] => Array.from({length}, (_, index) => index);
const advance = (name: string, by: string): string => `(local.set $${name} (i32.add (local.get $${name}) ${by}))`;

function withLanes({type, op, size, parts}: Lanes): {load: (at: string, part: number) => string; store: (at: string, part: number, value: string) => string;
  add: (x: string, y: string) => string; mul: (x: string, y: string) => string; all: (each: (part: number) => string) => string} {
  return {
    load: (at, part) => `(${type}.load offset=${4 * size * part} (local.get $${at}))`,
    store: (at, part, value) => `(${type}.store offset=${4 * size * part} (local.get $${at}) ${value})`,
    add: (x, y) => `(${op}.add ${x} ${y})`,
    mul: (x, y) => `(${op}.mul ${x} ${y})`,
    all: (each) => range(parts).map(each).join('\n'),
  };
}

/** Runs `body`, which sees $channels left, for each width while that many channels are left. */
function alongChannels(features: WasmFeatures, pointers: readonly string[], body: (lanes: Lanes) => string): string {
  return widths(features).map((lanes, index) => {
    const width = lanes.size * lanes.parts;
    return `(block $narrower${index} (loop $channels${index}
      (br_if $narrower${index} (i32.lt_s (local.get $channels) (i32.const ${width})))
      ${body(lanes)}
      ${pointers.map((name) => advance(name, `(i32.const ${4 * width})`)).join('\n')}
      (local.set $channels (i32.sub (local.get $channels) (i32.const ${width})))
      (br $channels${index})))`;
  }).join('\n');
}

/**
 * `filterTap(x, xInner, xOuter, dy, dyInner, dyOuter, w, channels, inner, outer)`: w[c] += Σ over outer, inner of x[…, c] · dy[…, c].
 * `inputTap(dx, dxInner, dy, dyInner, w, channels, inner)`: dx[i, c] += dy[i, c] · w[c] for each of `inner` pixels. Strides in bytes.
 */
export function depthwiseText(features: WasmFeatures): string {
  const locals = range(4).map((part) => `(local $v${part} v128)`).join(' ');
  const name = ({type}: Lanes, part: number): string => type === 'f32' ? '$f' : `$v${part}`;
  const localsOfType = `${features.simd ? locals : ''} (local $f f32)`;
  return `
    (func (export "filterTap") ${params('x xInner xOuter dy dyInner dyOuter w channels inner outer')}
      (local $p i32) (local $q i32) (local $rowOfX i32) (local $rowOfDy i32) (local $i i32) (local $j i32) ${localsOfType}
      ${alongChannels(features, ['x', 'dy', 'w'], (lanes) => {
    const {load, store, add, mul, all} = withLanes(lanes);
    const label = `${lanes.type}${lanes.parts}`;
    return `${all((part) => `(local.set ${name(lanes, part)} ${load('w', part)})`)}
        (local.set $rowOfX (local.get $x)) (local.set $rowOfDy (local.get $dy)) (local.set $j (local.get $outer))
        (block $end${label} (loop $rows${label} (br_if $end${label} (i32.eqz (local.get $j)))
          (local.set $p (local.get $rowOfX)) (local.set $q (local.get $rowOfDy)) (local.set $i (local.get $inner))
          (block $next${label} (loop $pixels${label} (br_if $next${label} (i32.eqz (local.get $i)))
            ${all((part) => `(local.set ${name(lanes, part)} ${add(`(local.get ${name(lanes, part)})`, mul(load('p', part), load('q', part)))})`)}
            ${advance('p', '(local.get $xInner)')} ${advance('q', '(local.get $dyInner)')}
            (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br $pixels${label})))
          ${advance('rowOfX', '(local.get $xOuter)')} ${advance('rowOfDy', '(local.get $dyOuter)')}
          (local.set $j (i32.sub (local.get $j) (i32.const 1))) (br $rows${label})))
        ${all((part) => store('w', part, `(local.get ${name(lanes, part)})`))}`;
  })})
    (func (export "inputTap") ${params('dx dxInner dy dyInner w channels inner')}
      (local $p i32) (local $q i32) (local $i i32) ${localsOfType}
      ${alongChannels(features, ['dx', 'dy', 'w'], (lanes) => {
    const {load, store, add, mul, all} = withLanes(lanes);
    const label = `${lanes.type}${lanes.parts}`;
    return `${all((part) => `(local.set ${name(lanes, part)} ${load('w', part)})`)}
        (local.set $p (local.get $dx)) (local.set $q (local.get $dy)) (local.set $i (local.get $inner))
        (block $next${label} (loop $pixels${label} (br_if $next${label} (i32.eqz (local.get $i)))
          ${all((part) => store('p', part, add(load('p', part), mul(load('q', part), `(local.get ${name(lanes, part)})`))))}
          ${advance('p', '(local.get $dxInner)')} ${advance('q', '(local.get $dyInner)')}
          (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br $pixels${label})))`;
  })})`;
}
