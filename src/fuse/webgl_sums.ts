import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Canvas} from './webgl_canvas';
import {packed, textureOf, type WebGLBackend} from './webgl_textures';

// A sum of that many texels takes one draw; of more, two.
const AT_ONCE = 64;
const BETWEEN = 32;

/** Sums in textures: what is drawn into the first, a row for each sum, is added up until one column is left. Four of them share a texel. */
export class Sums {
  private readonly levels: ReadonlyArray<{readonly width: number; readonly textures: ReadonlyArray<WebGLTexture | null>}>;

  /**
   * @param width of the first texture.
   * @param count how many sums there are in each row.
   * @param made gets the textures; they are the caller's to dispose.
   */
  constructor(backend: WebGLBackend, private readonly rows: number, readonly width: number, private readonly count: number, made: TensorInfo[]) {
    const widths = width > AT_ONCE ? [width, BETWEEN, 1] : width > 1 ? [width, 1] : [1];
    this.levels = widths.map(each => ({
      width: each,
      textures: Array.from({length: this.textures}, () => textureOf(backend, packed(backend, [2 * rows, 2 * each], made, [2 * rows, 2 * each]))),
    }));
  }

  /** Where to draw. */
  get parts(): ReadonlyArray<WebGLTexture | null> {
    return this.levels[0]?.textures ?? [];
  }

  /** The sums, after `add`. */
  get results(): ReadonlyArray<WebGLTexture | null> {
    return this.levels.at(-1)?.textures ?? [];
  }

  add(canvas: Canvas): void {
    const program = canvas.programs.sum(this.textures);
    this.levels.forEach(({width, textures}, i) => {
      const before = this.levels[i - 1];
      if (before === undefined) return;
      const {layout, sources} = program;
      layout[4 * sources.length] = before.width;
      layout[4 * sources.length + 5] = width;
      canvas.start(program);
      canvas.draw(program, before.textures, textures, 0, 0, width, this.rows);
    });
  }

  private get textures(): number {
    return Math.ceil(this.count / 4);
  }
}
