import {memo} from '../../util/memo';
import {RecentMap} from '../../util/recent_map';
import type {PlannedBucket} from '../kernel';
import type {Plan} from '../plan';
import {type Dispatch, dispatchesOf, leastTotals} from '../shader/dispatches';
import {CORNER, isWebGL2, type Targets, targetsOf, type Triangle, triangleOf, type WebGLContext} from './context';
import {type Dialect, WEBGL1, WEBGL2} from './dialects';
import {dispatchShader, type Shader, sumShader, type Variant} from './shader';
import {isLarge, texelsOf, type Texture, type WebGLBackend} from './textures';

/** A compiled shader. */
interface Program {
  readonly program: WebGLProgram;
  readonly words: WebGLUniformLocation | null;
  /** Only for WebGL 1: the words as floats, and the sizes of textures. */
  readonly numbers: WebGLUniformLocation | null;
  readonly sizes: WebGLUniformLocation | null;
}

/** A rectangle of textures, in texels. */
export type Rectangle = readonly [x: number, y: number, width: number, height: number];

// Browsers collect commands until they are flushed. With these flushes the GPU starts before a step is complete.
const DRAWS_AT_ONCE = 16;

/** The most programs that a context finds by their text, also after their plans were dropped. */
const MOST_PROGRAMS = 256;

/**
 * Draws to textures of one WebGL context, with its own programs and framebuffer. It leaves those of tfjs unchanged.
 */
export class Canvas {
  readonly #gl: WebGLContext;
  /** By plan. Freed together with the plan or the context. */
  readonly #programs = new WeakMap<object, Map<string, Program>>();
  /** By text. Steps of different plans often have a part in common. */
  readonly #byText = new RecentMap<string, Program>(MOST_PROGRAMS);
  readonly #prepared = new WeakSet<Plan>();
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
   * Whether the context was ever lost, and its textures with it. tfjs's backend stays unusable when the context comes
   * back.
   */
  get isLost(): boolean {
    this.#wasLost ||= this.#gl.isContextLost();
    return this.#wasLost;
  }

  /**
   * Compiles the most common programs of a plan, before its first step.
   * @throws where this machine can't compile them.
   */
  prepare({plan, jobs}: PlannedBucket): void {
    // Nothing compiles on a lost context. The step itself throws an error that says so.
    if (this.#prepared.has(plan) || this.isLost) return;
    const areLarge = jobs.some(({variable: {shape}}) => isLarge(texelsOf(shape)));
    for (const dispatch of dispatchesOf(plan, leastTotals(plan), this.mostTargets, false))
      this.program(plan, dispatch, ['matrix', ...plan.inputs.map(() => 'alike' as const)], areLarge);
    this.#prepared.add(plan);
  }

  /** @param areLarge whether the dispatch may draw many texels. */
  program(plan: Plan, dispatch: Dispatch, ofTensors: Variant, areLarge: boolean): Program {
    const [, ...stored] = ofTensors;
    // A single number does not depend on how tensors are stored, unless it is read from a list.
    const hasLists = plan.inputs.some(({element}) => element !== undefined);
    const isPerElement = dispatch.kind === 'sums' || dispatch.kind === 'tensors';
    const variant: Variant = isPerElement ? ofTensors : ['scalar', ...(hasLists ? stored : [])];
    const handsOver = areLarge && isPerElement;
    return this.#compiled(plan, `${dispatch.name} ${handsOver} ${variant.join()}`, () =>
      dispatchShader(this.#dialect, plan, dispatch, variant, handsOver),
    );
  }

  /** The program that reduces the texels of each texture: their largest, or their sum. */
  summing(areLargest: readonly boolean[]): Program {
    return this.#compiled(this, areLargest.join(), () => sumShader(this.#dialect, areLargest));
  }

  /** Binds what `draw` needs while `run` runs. tfjs must not draw during it. */
  use({gpgpu}: WebGLBackend, run: () => void): void {
    const gl = this.#gl;
    this.#triangle.bind();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    this.#current = undefined;
    try {
      run();
    } finally {
      // The GPU can't free textures that are attached.
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
   * Checks that there was memory for the textures. Checking takes time, so it is done only where textures are new, or
   * where an earlier check failed: tfjs may then reuse textures that have no memory.
   * @throws where there was no memory, or the context was lost.
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
        'The GPU ran out of memory or lost the WebGL context, so nothing was updated. Free memory; remove a lost ' +
          'backend and register it again.',
      );
  }

  #attach(targets: readonly Texture[]): void {
    const gl = this.#gl;
    const count = Math.max(targets.length, this.#attached);
    for (let i = 0; i < count; i++)
      // Null detaches the texture of the draw before.
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, targets[i]?.texture ?? null, 0);
    if (targets.length === this.#attached) return;
    this.#attached = targets.length;
    this.#targets.choose(targets.map((_, i) => gl.COLOR_ATTACHMENT0 + i));
  }

  #compiled(owner: object, name: string, shader: () => Shader): Program {
    return memo(
      memo(this.#programs, owner, () => new Map<string, Program>()),
      name,
      () => this.#ofText(shader()),
    );
  }

  #ofText(shader: Shader): Program {
    return memo(this.#byText, shader.vertices + shader.fragments, () => this.#linked(shader));
  }

  #linked({vertices, fragments, sources}: Shader): Program {
    const gl = this.#gl;
    const units = this.#dialect.handsOver
      ? [gl.MAX_TEXTURE_IMAGE_UNITS, gl.MAX_VERTEX_TEXTURE_IMAGE_UNITS]
      : [gl.MAX_TEXTURE_IMAGE_UNITS];
    const most = Math.min(...units.map(unit => Number(gl.getParameter(unit))));
    if (sources > most)
      throw new Error(`a step needs ${sources} tensors per parameter; this machine's shaders can read ${most}`);
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
        'a shader could not be compiled: ' +
          [gl.getProgramInfoLog(program), ...shaders.map(shader => gl.getShaderInfoLog(shader))].join(' '),
      );
    }
    // They are freed together with the program.
    for (const shader of shaders) gl.deleteShader(shader);
    gl.useProgram(program);
    const locationOf = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    gl.uniform1iv(
      locationOf('textures'),
      Array.from({length: sources}, (_, i) => i),
    );
    gl.uniform1f(locationOf('nan'), NaN);
    gl.uniform1f(locationOf('least'), -Infinity);
    return {program, words: locationOf('words'), numbers: locationOf('numbers'), sizes: locationOf('sizes')};
  }
}
