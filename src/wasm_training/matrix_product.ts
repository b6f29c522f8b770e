import type {WasmBackend} from '../wasm/backend';
import {Dense} from './dense';
import {withScratch} from './scratch';

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

/**
 * The sizes of blocks. A panel of b stays in the first cache while all of a's block is read from the second. Source:
 * Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
 */
const BLOCK = {m: 128, n: 512, k: 256} as const;

/** c[m, n] = a[m, k] · b[k, n]. Either operand may be transposed in memory. */
export function multiply(backend: WasmBackend, {m, n, k, a, b, c}: MatrixProduct): void {
  const dense = new Dense(backend);
  const {tileRows, tileColumns} = dense;
  const depth = Math.min(k, BLOCK.k);
  const panel = {a: 4 * tileRows * depth, b: 4 * tileColumns * depth};
  const floatsOfB = depth * roundUp(Math.min(n, BLOCK.n), tileColumns);
  const floatsOfA = a.transposed ? depth * roundUp(Math.min(m, BLOCK.m), tileRows) : 0;
  const rowOfB = 4 * (b.transposed ? k : n);
  withScratch(backend, floatsOfB + floatsOfA, packedB => {
    const packedA = packedB + 4 * floatsOfB;
    for (let j = 0; j < n; j += BLOCK.n) {
      const columns = Math.min(n - j, BLOCK.n);
      for (let l = 0; l < Math.max(k, 1); l += BLOCK.k) {
        const inner = Math.min(k - l, BLOCK.k);
        const toB = {at: packedB, width: tileColumns, panel: panel.b};
        if (b.transposed) {
          dense.panelsTransposed({at: b.at + j * rowOfB + 4 * l, row: rowOfB, rows: columns, columns: inner}, toB);
        } else {
          dense.panels({at: b.at + l * rowOfB + 4 * j, row: rowOfB, rows: inner, columns}, toB);
        }
        for (let i = 0; i < m; i += BLOCK.m) {
          const rows = Math.min(m - i, BLOCK.m);
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
  });
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
