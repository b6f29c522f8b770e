import {memo} from '../../util/memo';
import type {Plan} from '../plan';
import type {Dispatch} from '../shader/dispatches';
import {CORNER, isWebGL2, type Targets, targetsOf, type Triangle, triangleOf, type WebGLContext} from './context';
import {type Dialect, WEBGL1, WEBGL2} from './dialects';
import {dispatchShader, type Shader, sumShader, type Variant} from './shader';
import type {Texture, WebGLBackend} from './textures';

/** A compiled shader. */
interface Program {
  readonly program: WebGLProgram;
  readonly words: WebGLUniformLocation | null;
  /** What WebGL 1 takes besides: the words as floats, and the sizes of textures. */
  readonly numbers: WebGLUniformLocation | null;
  readonly sizes: WebGLUniformLocation | null;
}

/** A rectangle of textures, in texels. */
export type Rectangle = readonly [x: number, y: number, width: number, height: number];

// A browser collects commands until it is asked; the GPU need not wait for the last of a step.
const DRAWS_AT_ONCE = 16;

/**
 * Draws into textures of one WebGL context with programs and a framebuffer of its own, and leaves tfjs's as they were.
 */
export class Canvas {
  readonly #gl: WebGLContext;
  /** By plan, for as long as it and the context live. */
  readonly #programs = new WeakMap<object, Map<string, Program>>();
  readonly #targets: Targets;
  readonly #triangle: Triangle;
  readonly #framebuffer: WebGLFramebuffer;
  readonly #dialect: Dialect;
  #current: Program | undefined;
  #attached = 0;
  #drawn = 0;
  #isShort = false;
  #wasLost = false;

  constructor(gl: WebGLContext) {
    this.#gl = gl;
    this.#dialect = isWebGL2(gl) ? WEBGL2 : WEBGL1;
    this.#targets = targetsOf(gl);
    this.#triangle = triangleOf(gl);
    this.#framebuffer = gl.createFramebuffer();
    gl.canvas.addEventListener(
      'webglcontextlost',
      () => {
        this.#wasLost = true;
      },
      {once: true},
    );
  }

  /** How many textures a draw can write. */
  get mostTargets(): number {
    return this.#targets.most;
  }

  /**
   * Whether the context was lost, and its textures with it: tfjs's backend does not come back to life with the
   * context.
   */
  get isLost(): boolean {
    this.#wasLost ||= this.#gl.isContextLost();
    return this.#wasLost;
  }

  program(plan: Plan, dispatch: Dispatch, ofTensors: Variant): Program {
    const variant: Variant = dispatch.kind === 'sums' || dispatch.kind === 'tensors' ? ofTensors : ['scalar'];
    return this.#compiled(plan, `${dispatch.name} ${variant.join()}`, () =>
      dispatchShader(this.#dialect, plan, dispatch, variant),
    );
  }

  /** Adds up the texels of as many textures, or finds the largest. */
  summing(areLargest: readonly boolean[]): Program {
    return this.#compiled(this, areLargest.join(), () => sumShader(this.#dialect, areLargest));
  }

  /** Binds what `draw` needs while `run` runs, in which tfjs must not draw. */
  use({gpgpu}: WebGLBackend, run: () => void): void {
    const gl = this.#gl;
    this.#triangle.bind();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    this.#current = undefined;
    try {
      run();
    } finally {
      // What stays attached could not be freed.
      this.#attach([]);
      this.#triangle.unbind();
      gl.bindFramebuffer(gl.FRAMEBUFFER, gpgpu.framebuffer);
    }
  }

  /** Fills a rectangle of the targets. */
  draw(
    program: Program,
    words: Int32Array,
    sources: readonly Texture[],
    targets: readonly Texture[],
    rectangle: Rectangle,
  ): void {
    const gl = this.#gl;
    if (this.#current !== program) gl.useProgram(program.program);
    this.#current = program;
    sources.forEach((source, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, source.texture);
    });
    gl.uniform4iv(program.words, words);
    if (program.numbers !== null) gl.uniform4fv(program.numbers, new Float32Array(words.buffer));
    if (program.sizes !== null)
      gl.uniform2fv(
        program.sizes,
        sources.flatMap(({size}) => size),
      );
    this.#attach(targets);
    gl.viewport(...rectangle);
    gl.scissor(...rectangle);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    this.#drawn++;
    if (this.#drawn % DRAWS_AT_ONCE === 0) gl.flush();
  }

  /**
   * Asks, where textures are new, whether there was memory for them: to ask takes time. Once there was none, textures
   * without memory may come back.
   * @throws where there was none, or the context was lost.
   */
  check(areNew: boolean): void {
    const gl = this.#gl;
    let hasFailed = this.isLost;
    for (
      let error = areNew || this.#isShort ? gl.getError() : gl.NO_ERROR;
      error !== gl.NO_ERROR;
      error = gl.getError()
    ) {
      hasFailed ||= error === gl.OUT_OF_MEMORY || error === gl.INVALID_FRAMEBUFFER_OPERATION;
    }
    this.#isShort ||= hasFailed;
    if (hasFailed)
      throw new Error(
        'The GPU ran out of memory or lost the WebGL context: nothing was updated. A lost backend has to be removed and registered again.',
      );
  }

  #attach(targets: readonly Texture[]): void {
    const gl = this.#gl;
    const count = Math.max(targets.length, this.#attached);
    for (let i = 0; i < count; i++)
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, targets[i]?.texture ?? null, 0);
    if (targets.length === this.#attached) return;
    this.#attached = targets.length;
    this.#targets.choose(targets.map((_, i) => gl.COLOR_ATTACHMENT0 + i));
  }

  #compiled(owner: object, name: string, shader: () => Shader): Program {
    return memo(
      memo(this.#programs, owner, () => new Map<string, Program>()),
      name,
      () => this.#linked(shader()),
    );
  }

  #linked({vertices, fragments, sources}: Shader): Program {
    const gl = this.#gl;
    const units = this.#dialect.handsOver
      ? [gl.MAX_TEXTURE_IMAGE_UNITS, gl.MAX_VERTEX_TEXTURE_IMAGE_UNITS]
      : [gl.MAX_TEXTURE_IMAGE_UNITS];
    const most = Math.min(...units.map(unit => Number(gl.getParameter(unit))));
    if (sources > most)
      throw new Error(
        `a step takes ${sources} tensors of each parameter, and this machine's shaders can take ${most}`,
      );
    const program = gl.createProgram();
    const parts = [
      [gl.VERTEX_SHADER, vertices],
      [gl.FRAGMENT_SHADER, fragments],
    ] as const;
    const shaders = parts.map(([type, source]) => {
      const shader = gl.createShader(type);
      if (shader === null) throw new Error('the WebGL context is lost');
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      return shader;
    });
    gl.bindAttribLocation(program, CORNER, 'corner');
    gl.linkProgram(program);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
      throw new Error(
        `a shader could not be compiled: ${[gl.getProgramInfoLog(program), ...shaders.map(shader => gl.getShaderInfoLog(shader))].join(' ')}`,
      );
    }
    // They go with the program.
    for (const shader of shaders) gl.deleteShader(shader);
    gl.useProgram(program);
    gl.uniform1iv(
      gl.getUniformLocation(program, 'textures'),
      Array.from({length: sources}, (_, i) => i),
    );
    gl.uniform1f(gl.getUniformLocation(program, 'nan'), NaN);
    gl.uniform1f(gl.getUniformLocation(program, 'least'), -Infinity);
    const [words = null, numbers = null, sizes = null] = ['words', 'numbers', 'sizes'].map(name =>
      gl.getUniformLocation(program, name),
    );
    return {program, words, numbers, sizes};
  }
}
