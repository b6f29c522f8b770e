import type {WasmBackend} from '../wasm/backend';
import {Dense} from './dense';
import {shared} from './shares';

/** A matrix in memory, row by row. `transposed`: whether the product takes its transpose. */
interface Operand {
  readonly at: number;
  readonly transposed: boolean;
}

interface MatrixProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly c: number;
}

/** Elements of the product: rows from `top` to before `bottom`, and columns from `left` to before `right`. */
interface Block {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * The sizes of blocks. A panel of b stays in the first cache while all of a's block is read from the second. Source:
 * Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
 */
const BLOCK = {m: 128, n: 512, k: 256} as const;

/** c[m, n] = a[m, k] · b[k, n]. Either operand may be transposed in memory. */
export function multiply(backend: WasmBackend, product: MatrixProduct): void {
  multiplyAll(backend, [product]);
}

/**
 * Products of matrices with the same sizes and transposes. Threads share all tiles along the longer side of all
 * products.
 */
export function multiplyAll(backend: WasmBackend, products: readonly MatrixProduct[]): void {
  const [first] = products;
  if (first === undefined) return;
  const {m, n, k, a} = first;
  const {tileRows, tileColumns} = new Dense(backend);
  const depth = Math.min(k, BLOCK.k);
  const floatsOfB = depth * roundUp(Math.min(n, BLOCK.n), tileColumns);
  const floatsOfA = a.transposed ? depth * roundUp(Math.min(m, BLOCK.m), tileRows) : 0;
  const alongColumns = n >= m;
  const [side, tile] = alongColumns ? [n, tileColumns] : [m, tileRows];
  const tiles = Math.ceil(side / tile);
  shared(
    backend,
    {
      parts: products.length * tiles,
      work: products.length * m * n * k,
      // Each share packs the operand along the other side.
      perThread: 2,
      scratch: floatsOfB + floatsOfA,
    },
    ({from, to, thread, scratch}) => {
      const dense = new Dense(backend, thread);
      products.forEach((product, i) => {
        const start = tile * Math.max(0, from - i * tiles);
        const end = Math.min(side, tile * Math.min(tiles, to - i * tiles));
        if (start >= end) return;
        const block = alongColumns
          ? {top: 0, bottom: m, left: start, right: end}
          : {top: start, bottom: end, left: 0, right: n};
        multiplyBlock(dense, product, block, scratch, scratch + 4 * floatsOfB);
      });
    },
  );
}

/** Computes a block of the product. @param packedB, packedA where its operands are packed. */
function multiplyBlock(
  dense: Dense,
  {m, n, k, a, b, c}: MatrixProduct,
  {top, bottom, left, right}: Block,
  packedB: number,
  packedA: number,
): void {
  const {tileRows, tileColumns} = dense;
  const depth = Math.min(k, BLOCK.k);
  const panel = {a: 4 * tileRows * depth, b: 4 * tileColumns * depth};
  const rowOfB = 4 * (b.transposed ? k : n);
  for (let j = left; j < right; j += BLOCK.n) {
    const columns = Math.min(right - j, BLOCK.n);
    for (let l = 0; l < Math.max(k, 1); l += BLOCK.k) {
      const inner = Math.min(k - l, BLOCK.k);
      const toB = {at: packedB, width: tileColumns, panel: panel.b};
      if (b.transposed) {
        dense.panelsTransposed({at: b.at + j * rowOfB + 4 * l, row: rowOfB, rows: columns, columns: inner}, toB);
      } else {
        dense.panels({at: b.at + l * rowOfB + 4 * j, row: rowOfB, rows: inner, columns}, toB);
      }
      for (let i = top; i < bottom; i += BLOCK.m) {
        const rows = Math.min(bottom - i, BLOCK.m);
        if (a.transposed) {
          dense.panels(
            {at: a.at + 4 * (l * m + i), row: 4 * m, rows: inner, columns: rows},
            {at: packedA, width: tileRows, panel: panel.a},
          );
        }
        dense.product({
          m: rows,
          n: columns,
          inner,
          outer: 1,
          add: l > 0,
          a: a.transposed
            ? {at: packedA, tile: panel.a, row: 4, inner: 4 * tileRows, outer: 0}
            : {at: a.at + 4 * (i * k + l), tile: 4 * tileRows * k, row: 4 * k, inner: 4, outer: 0},
          b: {at: packedB, tile: panel.b, inner: 4 * tileColumns, outer: 0},
          c: {at: c + 4 * (i * n + j), row: 4 * n},
        });
      }
    }
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
