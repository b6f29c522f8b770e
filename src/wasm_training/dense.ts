import type {WasmBackend} from '../wasm/backend';
import {type WasmFunction, wasmFunction} from '../wasm/instance';
import {wasmFeatures, wasmFunctions} from '../wasm/module';
import {CALLING, type Thread} from '../wasm/threads';
import {panelsText} from './panels_text';
import {productText, TILE_ROWS, tileColumns} from './product_text';

/** One call of the product. See `product_text.ts`. Offsets and strides are in bytes. */
interface Product {
  readonly m: number;
  readonly n: number;
  readonly a: {
    readonly at: number;
    readonly tile: number;
    readonly row: number;
    readonly inner: number;
    readonly outer: number;
  };
  readonly b: {readonly at: number; readonly tile: number; readonly inner: number; readonly outer: number};
  readonly c: {readonly at: number; readonly row: number};
  readonly inner: number;
  readonly outer: number;
  /** Whether to add to the values in `c`. */
  readonly add: boolean;
}

/** A matrix to copy to panels: `rows` by `columns`, at the offset `at`, with rows `row` bytes apart. */
interface Source {
  readonly at: number;
  readonly row: number;
  readonly rows: number;
  readonly columns: number;
}

/** Panels that are `width` numbers wide and `panel` bytes apart. */
interface Target {
  readonly at: number;
  readonly width: number;
  readonly panel: number;
}

/** The functions of `product_text.ts` and `panels_text.ts` on a backend's memory, for one thread. */
export class Dense {
  readonly tileRows = TILE_ROWS;
  readonly tileColumns: number;
  readonly #run: {
    readonly product: WasmFunction;
    readonly panels: WasmFunction;
    readonly panelsTransposed: WasmFunction;
  };

  constructor(backend: WasmBackend, thread: Thread = CALLING) {
    this.tileColumns = tileColumns(wasmFeatures(backend));
    const panels = wasmFunctions(backend, 'panels', panelsText);
    this.#run = {
      product: thread.on(wasmFunction(wasmFunctions(backend, 'product', productText), 'product')),
      panels: thread.on(wasmFunction(panels, 'panels')),
      panelsTransposed: thread.on(wasmFunction(panels, 'panelsTransposed')),
    };
  }

  product({m, n, a, b, c, inner, outer, add}: Product): void {
    this.#run.product(
      m,
      n,
      a.at,
      a.tile,
      b.at,
      b.tile,
      c.at,
      a.row,
      a.inner,
      a.outer,
      b.inner,
      b.outer,
      c.row,
      inner,
      outer,
      add ? 1 : 0,
    );
  }

  /** target[j / width][k][j % width] = source[k][j] */
  panels({at, row, rows, columns}: Source, to: Target): void {
    this.#run.panels(at, row, rows, columns, to.width, to.at, to.panel);
  }

  /** target[i / width][k][i % width] = source[i][k] */
  panelsTransposed({at, row, rows, columns}: Source, to: Target): void {
    this.#run.panelsTransposed(at, row, rows, columns, to.width, to.at, to.panel);
  }
}
