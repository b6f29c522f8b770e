import type {Output} from './graph';
import type {Plan} from './plan';
import {reduceShader, scalarShader, type Shader, sumShader, termsShader, writeShader} from './webgl_shader';

/** A compiled shader. */
export interface Program extends Omit<Shader, 'text'> {
  readonly program: WebGLProgram;
  /** What `layouts` is set to. */
  readonly layout: Int32Array;
  readonly layouts: WebGLUniformLocation | null;
  readonly slots: WebGLUniformLocation | null;
}

/** Programs that differ in the inputs that they gather; compiled when first asked for. */
export type Variants = (gathered: readonly string[]) => Program;

/** A draw of some outputs of the last pass. */
export interface OutputPrograms {
  readonly of: Variants;
  readonly outputs: readonly Output[];
}

/** The programs of a pass; those that have nothing to do are absent. */
export interface PassPrograms {
  readonly reduce: Variants | undefined;
  readonly terms: Program | undefined;
  readonly writes: readonly OutputPrograms[];
  readonly scalars: readonly OutputPrograms[];
}

const VERTICES = `#version 300 es
void main(){gl_Position=vec4(vec2(gl_VertexID&1,gl_VertexID>>1)*4.-1.,0,1);}`;

/** The programs on one WebGL 2 context. They are kept for as long as it lives: a structure seen before is never compiled again. */
export class Programs {
  private readonly ofPlans = new Map<string, readonly PassPrograms[]>();
  private readonly sums = new Map<number, Program>();
  private readonly vertexShader: WebGLShader;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.vertexShader = this.compiled(gl.VERTEX_SHADER, VERTICES);
  }

  /** @param totals how many the step has. */
  of(plan: Plan, totals: number): readonly PassPrograms[] {
    const key = `${totals}|${plan.key}`;
    let programs = this.ofPlans.get(key);
    if (programs === undefined) {
      programs = plan.passes.map((_, k) => this.ofPass(plan, k, totals));
      this.ofPlans.set(key, programs);
    }
    return programs;
  }

  /** Adds up texels of as many textures. */
  sum(textures: number): Program {
    let program = this.sums.get(textures);
    if (program === undefined) {
      program = this.linked(sumShader(textures));
      this.sums.set(textures, program);
    }
    return program;
  }

  private ofPass(plan: Plan, k: number, totals: number): PassPrograms {
    const none: PassPrograms = {reduce: undefined, terms: undefined, writes: [], scalars: []};
    const pass = plan.passes[k];
    if (pass === undefined) return none;
    // What a class adds to totals that were complete in a pass before is written again: a draw writes whole texels.
    const terms = plan.passes.slice(0, k + 1).flatMap(({after}) => after.terms);
    return {
      reduce: pass.reductions.length > 0 ? this.variants(gathered => reduceShader(plan, k, gathered)) : undefined,
      terms: plan.graph.terms.length > 0 ? this.linked(termsShader(plan, terms, totals)) : undefined,
      writes: this.drawn(pass.writes, (outputs, gathered) => writeShader(plan, outputs, gathered)),
      scalars: this.drawn(pass.after.writes, outputs => scalarShader(plan, outputs)),
    };
  }

  private drawn(outputs: readonly Output[], shaderOf: (outputs: readonly Output[], gathered: readonly string[]) => Shader): OutputPrograms[] {
    const most = Number(this.gl.getParameter(this.gl.MAX_DRAW_BUFFERS));
    return Array.from({length: Math.ceil(outputs.length / most)}, (_, i) => {
      const some = outputs.slice(i * most, (i + 1) * most);
      return {of: this.variants(gathered => shaderOf(some, gathered)), outputs: some};
    });
  }

  /** The variant that gathers nothing is compiled at once: what can't be compiled shows before a step. */
  private variants(shaderOf: (gathered: readonly string[]) => Shader): Variants {
    const programs = new Map([['', this.linked(shaderOf([]))]]);
    return gathered => {
      const key = gathered.join();
      let program = programs.get(key);
      if (program === undefined) {
        program = this.linked(shaderOf(gathered));
        programs.set(key, program);
      }
      return program;
    };
  }

  private linked({text, sources, targets}: Shader): Program {
    const {gl} = this;
    const units = Number(gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS));
    if (sources.length > units) throw new Error(`one pass reads ${sources.length} tensors, and this machine's shaders can read ${units}`);
    const buffers = Number(gl.getParameter(gl.MAX_DRAW_BUFFERS));
    if (targets > buffers) throw new Error(`one pass has ${targets} textures of sums, and this machine's shaders can write ${buffers}`);
    const program = gl.createProgram();
    gl.attachShader(program, this.vertexShader);
    gl.attachShader(program, this.compiled(gl.FRAGMENT_SHADER, text));
    gl.linkProgram(program);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) throw new Error(`a shader could not be linked: ${String(gl.getProgramInfoLog(program))}`);
    gl.useProgram(program);
    gl.uniform1iv(gl.getUniformLocation(program, 'textures'), [...sources.keys(), ...sources.length === 0 ? [0] : []]);
    return {program, sources, targets, layout: new Int32Array(4 * (sources.length + 2)), layouts: gl.getUniformLocation(program, 'layouts'), slots: gl.getUniformLocation(program, 'slots')};
  }

  private compiled(type: GLenum, text: string): WebGLShader {
    const {gl} = this;
    const shader = gl.createShader(type);
    if (shader === null) throw new Error('the WebGL context is lost');
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true) throw new Error(`a shader could not be compiled: ${String(gl.getShaderInfoLog(shader))}`);
    return shader;
  }
}
