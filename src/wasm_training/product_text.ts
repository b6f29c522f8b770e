/**
 * The text of the matrix product's functions. All products and convolutions use one function,
 *
 *   product(m, n, a, …, b, …, c, …):   c[i, j] (+)= Σ over `outer`, Σ over `inner` of a[i, k] · b[k, j]
 *
 * It computes tiles of 4 rows by `tileColumns(features)` columns, whose sums stay in registers. There are two nested
 * sums because a convolution sums over rows and columns of pixels, which have different strides in memory. A plain
 * product has `outer` = 1.
 */
import type {WasmFeatures} from '../wasm/module';
import {multiplyAdd} from './multiply_add_text';

/** The rows of a tile. */
export const TILE_ROWS = 4;

/**
 * The columns of a tile. With SIMD, the sums of 4 rows by 2 vectors fill half of the 16 registers of x86; without it,
 * the sums of 4 rows by 2 numbers do.
 */
export function tileColumns({simd}: WasmFeatures): number {
  return simd ? 8 : 2;
}

interface LaneWidth {
  readonly type: 'v128' | 'f32';
  readonly op: 'f32x4' | 'f32';
  readonly load: string;
  readonly splat: string;
  readonly store: string;
  readonly size: number;
}

const VECTOR: LaneWidth = {
  type: 'v128',
  op: 'f32x4',
  load: 'v128.load',
  splat: 'v128.load32_splat',
  store: 'v128.store',
  size: 4,
};
const NUMBER: LaneWidth = {type: 'f32', op: 'f32', load: 'f32.load', splat: 'f32.load', store: 'f32.store', size: 1};

const STRIDES = ['aRow', 'aInner', 'aOuter', 'bInner', 'bOuter', 'cRow', 'inner', 'outer', 'add'];
const params = (names: readonly string[]): string => names.map(name => `(param $${name} i32)`).join(' ');
const gets = (names: readonly string[]): string => names.map(name => `(local.get $${name})`).join(' ');
/** The value of a local, limited to `most`. */
const atMost = (most: number, name: string): string =>
  `(select (i32.const ${most}) (local.get $${name}) (i32.gt_s (local.get $${name}) (i32.const ${most})))`;
const range = (length: number): number[] => Array.from({length}, (_, index) => index);

/** The function of one tile: `rows` by `parts` adjacent lanes. */
function tile(features: WasmFeatures, rows: number, lane: LaneWidth, parts: number): string {
  const accumulators = range(rows).flatMap(row => range(parts).map(part => ({row, part, name: `$s${row}_${part}`})));
  const offset = (part: number): string => `offset=${4 * lane.size * part}`;
  return `(func $tile${rows}x${lane.size * parts} ${params(['a', 'b', 'c', ...STRIDES])}
    (local $k i32) (local $q i32) ${range(rows)
      .map(row => `(local $p${row} i32)`)
      .join(' ')} (local $x ${lane.type})
    ${range(parts)
      .map(part => `(local $b${part} ${lane.type})`)
      .join(' ')}
    ${accumulators.map(({name}) => `(local ${name} ${lane.type})`).join(' ')}
    (block $done (loop $rows (br_if $done (i32.eqz (local.get $outer)))
      (local.set $p0 (local.get $a))
      ${range(rows - 1)
        .map(row => `(local.set $p${row + 1} (i32.add (local.get $p${row}) (local.get $aRow)))`)
        .join('\n')}
      (local.set $q (local.get $b))
      (local.set $k (local.get $inner))
      (block $next (loop $sum (br_if $next (i32.eqz (local.get $k)))
        ${range(parts)
          .map(part => `(local.set $b${part} (${lane.load} ${offset(part)} (local.get $q)))`)
          .join('\n')}
        ${range(rows)
          .map(
            row => `
          (local.set $x (${lane.splat} (local.get $p${row})))
          ${range(parts)
            .map(
              part =>
                `(local.set $s${row}_${part} ${multiplyAdd(features, lane.op, {
                  x: '(local.get $x)',
                  y: `(local.get $b${part})`,
                  sum: `(local.get $s${row}_${part})`,
                })})`,
            )
            .join('\n')}
          (local.set $p${row} (i32.add (local.get $p${row}) (local.get $aInner)))`,
          )
          .join('\n')}
        (local.set $q (i32.add (local.get $q) (local.get $bInner)))
        (local.set $k (i32.sub (local.get $k) (i32.const 1)))
        (br $sum)))
      (local.set $a (i32.add (local.get $a) (local.get $aOuter)))
      (local.set $b (i32.add (local.get $b) (local.get $bOuter)))
      (local.set $outer (i32.sub (local.get $outer) (i32.const 1)))
      (br $rows)))
    ${range(rows)
      .map(
        row => `
      (if (local.get $add) (then ${range(parts)
        .map(
          part => `(local.set $s${row}_${part}
        (${lane.op}.add (local.get $s${row}_${part}) (${lane.load} ${offset(part)} (local.get $c))))`,
        )
        .join(' ')}))
      ${range(parts)
        .map(part => `(${lane.store} ${offset(part)} (local.get $c) (local.get $s${row}_${part}))`)
        .join(' ')}
      (local.set $c (i32.add (local.get $c) (local.get $cRow)))`,
      )
      .join('\n')})`;
}

/** The tiles of one width, chosen by the number of rows. */
function tilesOfWidth(features: WasmFeatures, lane: LaneWidth, parts: number): string {
  const width = lane.size * parts;
  const call = (rows: number): string => `(call $tile${rows}x${width} ${gets(['a', 'b', 'c', ...STRIDES])})`;
  return `${range(TILE_ROWS)
    .map(row => tile(features, row + 1, lane, parts))
    .join('\n')}
    (func $tiles${width} ${params(['rows', 'a', 'b', 'c', ...STRIDES])}
      ${range(TILE_ROWS)
        .map(row => `(if (i32.eq (local.get $rows) (i32.const ${row + 1})) (then ${call(row + 1)} (return)))`)
        .reverse()
        .join('\n')})`;
}

/** The widths of tiles, from the widest. The narrower tiles compute a product's last columns. */
function widths(features: WasmFeatures): {readonly lane: LaneWidth; readonly parts: number}[] {
  return features.simd
    ? [
        {lane: VECTOR, parts: 2},
        {lane: VECTOR, parts: 1},
        {lane: NUMBER, parts: 1},
      ]
    : [
        {lane: NUMBER, parts: 2},
        {lane: NUMBER, parts: 1},
      ];
}

/**
 * `product(m, n, a, aTile, b, bTile, c, aRow, aInner, aOuter, bInner, bOuter, cRow, inner, outer, add)`. Strides are in
 * bytes. `aTile` is the stride from 4 rows of `a` to the next 4, and `bTile` from a tile's columns to the next. Inside
 * a tile columns are adjacent. `add`: whether to add to the values in `c`.
 */
export function productText(features: WasmFeatures): string {
  const columns = tileColumns(features);
  const steps = widths(features).map(({lane, parts}) => {
    const width = lane.size * parts;
    return `(block $narrower${width} (loop $again${width}
      (br_if $narrower${width} (i32.lt_s (local.get $left) (i32.const ${width})))
      (call $tiles${width} (local.get $rows) (local.get $p) (local.get $q) (local.get $r) ${gets(STRIDES)})
      (local.set $left (i32.sub (local.get $left) (i32.const ${width})))
      (local.set $q (i32.add (local.get $q) (i32.const ${4 * width})))
      (local.set $r (i32.add (local.get $r) (i32.const ${4 * width})))
      (br $again${width})))`;
  });
  return `${widths(features)
    .map(({lane, parts}) => tilesOfWidth(features, lane, parts))
    .join('\n')}
    (func (export "product") ${params(['m', 'n', 'a', 'aTile', 'b', 'bTile', 'c', ...STRIDES])}
      (local $i i32) (local $rows i32) (local $left i32) (local $p i32) (local $q i32) (local $r i32) (local $t i32)
      (block $done (loop $columns (br_if $done (i32.le_s (local.get $n) (i32.const 0)))
        (local.set $i (local.get $m)) (local.set $p (local.get $a)) (local.set $t (local.get $c))
        (block $next (loop $down (br_if $next (i32.le_s (local.get $i) (i32.const 0)))
          (local.set $rows ${atMost(TILE_ROWS, 'i')})
          (local.set $left ${atMost(columns, 'n')})
          (local.set $q (local.get $b)) (local.set $r (local.get $t))
          ${steps.join('\n')}
          (local.set $p (i32.add (local.get $p) (local.get $aTile)))
          (local.set $t (i32.add (local.get $t) (i32.mul (local.get $cRow) (i32.const ${TILE_ROWS}))))
          (local.set $i (i32.sub (local.get $i) (i32.const ${TILE_ROWS})))
          (br $down)))
        (local.set $b (i32.add (local.get $b) (local.get $bTile)))
        (local.set $c (i32.add (local.get $c) (i32.const ${4 * columns})))
        (local.set $n (i32.sub (local.get $n) (i32.const ${columns})))
        (br $columns))))`;
}
