import {type Program, Programs} from './webgl_programs';
import type {WebGLBackend} from './webgl_textures';

/** Draws into textures with a framebuffer of its own, and leaves tfjs's as it was. */
export class Canvas {
  readonly programs: Programs;
  private readonly vertices: WebGLVertexArrayObject;
  private readonly framebuffer: WebGLFramebuffer;
  private attached = 0;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.programs = new Programs(gl);
    this.vertices = gl.createVertexArray();
    this.framebuffer = gl.createFramebuffer();
  }

  /** Binds what `draw` needs while `run` runs, in which tfjs must not draw. */
  use({gpgpu}: WebGLBackend, run: () => void): void {
    const {gl} = this;
    gl.bindVertexArray(this.vertices);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.framebuffer);
    try {
      run();
    } finally {
      // What stays attached could not be freed.
      this.attach([]);
      gl.bindVertexArray(null);
      gl.bindFramebuffer(gl.FRAMEBUFFER, gpgpu.framebuffer);
    }
  }

  /** Makes a program the one that draws. */
  start({program, slots}: Program, values?: Float32Array): void {
    this.gl.useProgram(program);
    if (values !== undefined && slots !== null) this.gl.uniform4fv(slots, values);
  }

  /** Fills a rectangle of the targets, in texels. */
  draw({layouts, layout}: Program, sources: ReadonlyArray<WebGLTexture | null>, targets: ReadonlyArray<WebGLTexture | null>,
    x: number, y: number, width: number, height: number): void {
    const {gl} = this;
    sources.forEach((source, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, source);
    });
    gl.uniform4iv(layouts, layout);
    this.attach(targets);
    gl.viewport(x, y, width, height);
    gl.scissor(x, y, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private attach(targets: ReadonlyArray<WebGLTexture | null>): void {
    const {gl} = this;
    const count = Math.max(targets.length, this.attached);
    for (let i = 0; i < count; i++) gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, targets[i] ?? null, 0);
    if (targets.length === this.attached) return;
    this.attached = targets.length;
    gl.drawBuffers(targets.map((_, i) => gl.COLOR_ATTACHMENT0 + i));
  }
}

const canvases = new WeakMap<WebGL2RenderingContext, Canvas>();

/** The one on a context. */
export function canvasOn(gl: WebGL2RenderingContext): Canvas {
  let canvas = canvases.get(gl);
  if (canvas === undefined) {
    canvas = new Canvas(gl);
    canvases.set(gl, canvas);
    // Programs and framebuffers go with the context; a restored one needs new ones.
    gl.canvas.addEventListener('webglcontextlost', () => canvases.delete(gl), {once: true});
  }
  return canvas;
}
