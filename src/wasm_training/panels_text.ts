/**
 * The text of the functions that copy a matrix to panels. A panel holds `width` columns, row after row; the next panel
 * holds the next columns. A tile of the product then reads its operand from front to back, for any shape of the matrix.
 * Columns that the last panel lacks are not written, because the product never reads them.
 */
import type {WasmFeatures} from '../wasm/module';
import {advance, get, locals, params} from './lanes_text';

const gets = (names: string): string => names.split(' ').map(get).join(' ');

/**
 * `panels(source, sourceRow, rows, columns, width, target, targetPanel)`: target[j / width][k][j % width] =
 * source[k][j]. `panelsTransposed`, with the same parameters: target[i / width][k][i % width] = source[i][k], with i in
 * `rows` and k in `columns`. `sourceRow` and `targetPanel` are in bytes.
 */
export function panelsText({simd}: WasmFeatures): string {
  const columnsOfPanel = `(select ${gets('width columns')} (i32.lt_s ${gets('width columns')}))`;
  const isDone = `(i32.or (i32.ge_s ${gets('i width')}) (i32.le_s ${get('rows')} (i32.const 0)))`;
  const column = `(i32.add ${get('t')} (i32.shl ${get('i')} (i32.const 2)))`;
  return `
    (func (export "panels") ${params('s row rows columns width t panel')}
      ${locals('bytes step p q k i')}
      (local.set $step (i32.shl ${get('width')} (i32.const 2)))
      (block $done (loop $across (br_if $done (i32.le_s ${get('columns')} (i32.const 0)))
        (local.set $bytes (i32.shl ${columnsOfPanel} (i32.const 2)))
        (local.set $p ${get('s')}) (local.set $q ${get('t')}) (local.set $k ${get('rows')})
        (block $next (loop $down (br_if $next (i32.eqz ${get('k')}))
          (local.set $i (i32.const 0))
          ${
            simd
              ? `(block $last (loop $vectors (br_if $last (i32.lt_s (i32.sub ${gets('bytes i')}) (i32.const 16)))
            (v128.store (i32.add ${get('q')} ${get('i')}) (v128.load (i32.add ${get('p')} ${get('i')})))
            ${advance('i', 16)} (br $vectors)))`
              : ''
          }
          (block $copied (loop $numbers (br_if $copied (i32.ge_s ${get('i')} ${get('bytes')}))
            (f32.store (i32.add ${get('q')} ${get('i')}) (f32.load (i32.add ${get('p')} ${get('i')})))
            ${advance('i', 4)} (br $numbers)))
          ${advance('p', get('row'))}
          ${advance('q', get('step'))}
          (local.set $k (i32.sub ${get('k')} (i32.const 1))) (br $down)))
        ${advance('s', get('step'))}
        ${advance('t', get('panel'))}
        (local.set $columns (i32.sub ${get('columns')} ${get('width')})) (br $across))))
    (func (export "panelsTransposed") ${params('s row rows columns width t panel')}
      (local $i i32) (local $step i32)
      (local.set $step (i32.shl ${get('width')} (i32.const 2)))
      (block $done (loop $down (br_if $done (i32.le_s ${get('rows')} (i32.const 0)))
        (local.set $i (i32.const 0))
        (block $next (loop $inPanel (br_if $next ${isDone})
          ${
            simd
              ? `(if (i32.ge_s ${get('rows')} (i32.const 4)) (then
            (call $fourRows ${gets('s row columns')} ${column} ${get('step')})
            (local.set $s (i32.add ${get('s')} (i32.shl ${get('row')} (i32.const 2))))
            (local.set $rows (i32.sub ${get('rows')} (i32.const 4)))
            ${advance('i', 4)}
            (br $inPanel)))`
              : ''
          }
          (call $oneRow ${gets('s columns')} ${column} ${get('step')})
          ${advance('s', get('row'))}
          (local.set $rows (i32.sub ${get('rows')} (i32.const 1)))
          ${advance('i', 1)}
          (br $inPanel)))
        ${advance('t', get('panel'))}
        (br $down))))
    (func $oneRow (param $s i32) (param $columns i32) (param $t i32) (param $step i32)
      (block $done (loop $along (br_if $done (i32.eqz ${get('columns')}))
        (f32.store ${get('t')} (f32.load ${get('s')}))
        ${advance('s', 4)}
        ${advance('t', get('step'))}
        (local.set $columns (i32.sub ${get('columns')} (i32.const 1))) (br $along))))
    ${simd ? FOUR_ROWS : ''}`;
}

const shuffle = (first: readonly number[], x: string, y: string): string =>
  `(i8x16.shuffle ${first.flatMap(lane => [0, 1, 2, 3].map(byte => 4 * lane + byte)).join(' ')} ${get(x)} ${get(y)})`;

/**
 * Transposes four rows in blocks of 4 by 4. In `shuffle`, lanes 0 to 3 are the first operand's, and 4 to 7 the
 * second's.
 */
const FOUR_ROWS = `
    (func $fourRows (param $s i32) (param $row i32) (param $columns i32) (param $t i32) (param $step i32)
      (local $p1 i32) (local $p2 i32) (local $p3 i32) (local $q i32)
      ${['a', 'b', 'c', 'd', 'ab', 'AB', 'cd', 'CD'].map(name => `(local $${name} v128)`).join(' ')}
      (local.set $p1 (i32.add ${get('s')} ${get('row')}))
      (local.set $p2 (i32.add ${get('p1')} ${get('row')}))
      (local.set $p3 (i32.add ${get('p2')} ${get('row')}))
      (block $few (loop $along (br_if $few (i32.lt_s ${get('columns')} (i32.const 4)))
        (local.set $a (v128.load ${get('s')})) (local.set $b (v128.load ${get('p1')}))
        (local.set $c (v128.load ${get('p2')})) (local.set $d (v128.load ${get('p3')}))
        (local.set $ab ${shuffle([0, 4, 1, 5], 'a', 'b')}) (local.set $AB ${shuffle([2, 6, 3, 7], 'a', 'b')})
        (local.set $cd ${shuffle([0, 4, 1, 5], 'c', 'd')}) (local.set $CD ${shuffle([2, 6, 3, 7], 'c', 'd')})
        (v128.store ${get('t')} ${shuffle([0, 1, 4, 5], 'ab', 'cd')})
        (local.set $q (i32.add ${get('t')} ${get('step')}))
        (v128.store ${get('q')} ${shuffle([2, 3, 6, 7], 'ab', 'cd')})
        ${advance('q', get('step'))}
        (v128.store ${get('q')} ${shuffle([0, 1, 4, 5], 'AB', 'CD')})
        ${advance('q', get('step'))}
        (v128.store ${get('q')} ${shuffle([2, 3, 6, 7], 'AB', 'CD')})
        (local.set $t (i32.add ${get('q')} ${get('step')}))
        ${['s', 'p1', 'p2', 'p3'].map(name => advance(name, 16)).join(' ')}
        (local.set $columns (i32.sub ${get('columns')} (i32.const 4))) (br $along)))
      (block $done (loop $single (br_if $done (i32.eqz ${get('columns')}))
        ${['s', 'p1', 'p2', 'p3']
          .map(
            (name, lane) => `(f32.store offset=${4 * lane} ${get('t')} (f32.load ${get(name)}))
          (local.set $${name} (i32.add ${get(name)} (i32.const 4)))`,
          )
          .join('\n')}
        ${advance('t', get('step'))}
        (local.set $columns (i32.sub ${get('columns')} (i32.const 1))) (br $single))))`;
