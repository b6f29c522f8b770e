/**
 * The text of the functions that lay a matrix out in panels: `width` columns side by side, row after row, then the
 * next columns. A tile of the product then reads its operand front to back, whatever the matrix's shape. Columns
 * missing in the last panel are left unwritten: the product never reads them.
 */
import type {WasmFeatures} from '../wasm/module';

/**
 * `panels(source, sourceRow, rows, columns, width, target, targetPanel)`: target[j / width][k][j % width] =
 * source[k][j]. `panelsTransposed`, with the same parameters: target[i / width][k][i % width] = source[i][k], `rows`
 * counting i, `columns` k. `sourceRow` and `targetPanel` are in bytes.
 */
export function panelsText({simd}: WasmFeatures): string {
  return `
    (func (export "panels") (param $s i32) (param $row i32) (param $rows i32) (param $columns i32) (param $width i32) (param $t i32) (param $panel i32)
      (local $bytes i32) (local $step i32) (local $p i32) (local $q i32) (local $k i32) (local $i i32)
      (local.set $step (i32.shl (local.get $width) (i32.const 2)))
      (block $done (loop $across (br_if $done (i32.le_s (local.get $columns) (i32.const 0)))
        (local.set $bytes (i32.shl (select (local.get $width) (local.get $columns) (i32.lt_s (local.get $width) (local.get $columns))) (i32.const 2)))
        (local.set $p (local.get $s)) (local.set $q (local.get $t)) (local.set $k (local.get $rows))
        (block $next (loop $down (br_if $next (i32.eqz (local.get $k)))
          (local.set $i (i32.const 0))
          ${
            simd
              ? `(block $last (loop $vectors (br_if $last (i32.lt_s (i32.sub (local.get $bytes) (local.get $i)) (i32.const 16)))
            (v128.store (i32.add (local.get $q) (local.get $i)) (v128.load (i32.add (local.get $p) (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 16))) (br $vectors)))`
              : ''
          }
          (block $copied (loop $numbers (br_if $copied (i32.ge_s (local.get $i) (local.get $bytes)))
            (f32.store (i32.add (local.get $q) (local.get $i)) (f32.load (i32.add (local.get $p) (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 4))) (br $numbers)))
          (local.set $p (i32.add (local.get $p) (local.get $row)))
          (local.set $q (i32.add (local.get $q) (local.get $step)))
          (local.set $k (i32.sub (local.get $k) (i32.const 1))) (br $down)))
        (local.set $s (i32.add (local.get $s) (local.get $step)))
        (local.set $t (i32.add (local.get $t) (local.get $panel)))
        (local.set $columns (i32.sub (local.get $columns) (local.get $width))) (br $across))))
    (func (export "panelsTransposed") (param $s i32) (param $row i32) (param $rows i32) (param $columns i32) (param $width i32) (param $t i32) (param $panel i32)
      (local $i i32) (local $step i32)
      (local.set $step (i32.shl (local.get $width) (i32.const 2)))
      (block $done (loop $down (br_if $done (i32.le_s (local.get $rows) (i32.const 0)))
        (local.set $i (i32.const 0))
        (block $next (loop $inPanel (br_if $next (i32.or (i32.ge_s (local.get $i) (local.get $width)) (i32.le_s (local.get $rows) (i32.const 0))))
          ${
            simd
              ? `(if (i32.ge_s (local.get $rows) (i32.const 4)) (then
            (call $fourRows (local.get $s) (local.get $row) (local.get $columns) (i32.add (local.get $t) (i32.shl (local.get $i) (i32.const 2))) (local.get $step))
            (local.set $s (i32.add (local.get $s) (i32.shl (local.get $row) (i32.const 2))))
            (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
            (local.set $i (i32.add (local.get $i) (i32.const 4)))
            (br $inPanel)))`
              : ''
          }
          (call $oneRow (local.get $s) (local.get $columns) (i32.add (local.get $t) (i32.shl (local.get $i) (i32.const 2))) (local.get $step))
          (local.set $s (i32.add (local.get $s) (local.get $row)))
          (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $inPanel)))
        (local.set $t (i32.add (local.get $t) (local.get $panel)))
        (br $down))))
    (func $oneRow (param $s i32) (param $columns i32) (param $t i32) (param $step i32)
      (block $done (loop $along (br_if $done (i32.eqz (local.get $columns)))
        (f32.store (local.get $t) (f32.load (local.get $s)))
        (local.set $s (i32.add (local.get $s) (i32.const 4)))
        (local.set $t (i32.add (local.get $t) (local.get $step)))
        (local.set $columns (i32.sub (local.get $columns) (i32.const 1))) (br $along))))
    ${simd ? FOUR_ROWS : ''}`;
}

const shuffle = (first: readonly number[], x: string, y: string): string =>
  `(i8x16.shuffle ${first.flatMap(lane => [0, 1, 2, 3].map(byte => 4 * lane + byte)).join(' ')} (local.get $${x}) (local.get $${y}))`;

/** Four rows turned to columns, 4 by 4: lanes 0 to 3 are of the first operand, 4 to 7 of the second. */
const FOUR_ROWS = `
    (func $fourRows (param $s i32) (param $row i32) (param $columns i32) (param $t i32) (param $step i32)
      (local $p1 i32) (local $p2 i32) (local $p3 i32) (local $q i32)
      (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $ab v128) (local $AB v128) (local $cd v128) (local $CD v128)
      (local.set $p1 (i32.add (local.get $s) (local.get $row)))
      (local.set $p2 (i32.add (local.get $p1) (local.get $row)))
      (local.set $p3 (i32.add (local.get $p2) (local.get $row)))
      (block $few (loop $along (br_if $few (i32.lt_s (local.get $columns) (i32.const 4)))
        (local.set $a (v128.load (local.get $s))) (local.set $b (v128.load (local.get $p1)))
        (local.set $c (v128.load (local.get $p2))) (local.set $d (v128.load (local.get $p3)))
        (local.set $ab ${shuffle([0, 4, 1, 5], 'a', 'b')}) (local.set $AB ${shuffle([2, 6, 3, 7], 'a', 'b')})
        (local.set $cd ${shuffle([0, 4, 1, 5], 'c', 'd')}) (local.set $CD ${shuffle([2, 6, 3, 7], 'c', 'd')})
        (v128.store (local.get $t) ${shuffle([0, 1, 4, 5], 'ab', 'cd')})
        (local.set $q (i32.add (local.get $t) (local.get $step)))
        (v128.store (local.get $q) ${shuffle([2, 3, 6, 7], 'ab', 'cd')})
        (local.set $q (i32.add (local.get $q) (local.get $step)))
        (v128.store (local.get $q) ${shuffle([0, 1, 4, 5], 'AB', 'CD')})
        (local.set $q (i32.add (local.get $q) (local.get $step)))
        (v128.store (local.get $q) ${shuffle([2, 3, 6, 7], 'AB', 'CD')})
        (local.set $t (i32.add (local.get $q) (local.get $step)))
        ${['s', 'p1', 'p2', 'p3'].map(name => `(local.set $${name} (i32.add (local.get $${name}) (i32.const 16)))`).join(' ')}
        (local.set $columns (i32.sub (local.get $columns) (i32.const 4))) (br $along)))
      (block $done (loop $single (br_if $done (i32.eqz (local.get $columns)))
        ${['s', 'p1', 'p2', 'p3']
          .map(
            (name, lane) => `(f32.store offset=${4 * lane} (local.get $t) (f32.load (local.get $${name})))
          (local.set $${name} (i32.add (local.get $${name}) (i32.const 4)))`,
          )
          .join('\n')}
        (local.set $t (i32.add (local.get $t) (local.get $step)))
        (local.set $columns (i32.sub (local.get $columns) (i32.const 1))) (br $single))))`;
