import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Job} from './job';
import type {Fresh, PlannedClass, PlannedStep} from './kernel';
import {shapeOf, tensorOf} from './tensors_of_job';
import type {Canvas} from './webgl_canvas';
import type {OutputPrograms, PassPrograms, Program, Variants} from './webgl_programs';
import type {Source} from './webgl_shader';
import {Sums} from './webgl_sums';
import {inputLayout, isExclusive, type Layout, onGPU, outputLayout, packed, replace, texelsOf, textureOf, type WebGLBackend} from './webgl_textures';

const TEXELS_A_PART = 64;
const MOST_PARTS = 1024;

type Texture = WebGLTexture | null;

/** A parameter and its textures. */
interface Row {
  readonly job: Job;
  readonly inputs: ReadonlyMap<string, {readonly texture: Texture; readonly layout: Layout}>;
  readonly outputs: ReadonlyMap<string, TensorInfo>;
  /** That of outputs of the parameter's shape. */
  readonly layout: Layout;
  /** The inputs that are stored otherwise than such an output. */
  readonly gathered: readonly string[];
  /** How many texels high such an output is. */
  readonly height: number;
}

/** A class of parameters on its way through the passes. */
interface ClassRun {
  readonly planned: PlannedClass;
  readonly programs: readonly PassPrograms[];
  readonly slots: Float32Array;
  readonly rows: readonly Row[];
  /** By pass; a row for each parameter. */
  readonly reductions: ReadonlyArray<Sums | undefined>;
  /** The column of the first parameter in the terms. */
  readonly firstTerm: number;
}

/** One step: everything is made in `prepare`, computed in `draw`, and takes effect in `commit`. */
export class Run {
  /** Reductions and totals. */
  private readonly sums: TensorInfo[] = [];
  private readonly outputs: TensorInfo[] = [];
  private classes: readonly ClassRun[] = [];
  private totals: Sums | undefined;

  constructor(private readonly backend: WebGLBackend, private readonly canvas: Canvas, private readonly step: PlannedStep) {}

  prepare(): void {
    const {classes, totals} = this.step;
    let terms = 0;
    this.classes = classes.map(planned => {
      const run = this.classRun(planned, terms);
      if (planned.plan.graph.terms.length > 0) terms += planned.jobs.length;
      return run;
    });
    if (totals > 0) this.totals = new Sums(this.backend, 1, Math.max(1, terms), totals, this.sums);
  }

  draw(): void {
    this.canvas.use(this.backend, () => {
      const passes = Math.max(0, ...this.classes.map(({programs}) => programs.length));
      for (let k = 0; k < passes; k++) {
        for (const run of this.classes) this.reduce(run, k);
        if (this.classes.some(({planned}) => (planned.plan.passes[k]?.after.terms.length ?? 0) > 0)) this.addTerms(k);
        for (const run of this.classes) this.write(run, k);
      }
    });
  }

  /** Puts new values where nobody shares the old ones. */
  commit(): Fresh[] {
    const fresh: Fresh[] = [];
    for (const {planned: {plan}, rows} of this.classes) {
      for (const {job, outputs} of rows) {
        for (const output of plan.outputs) {
          const info = outputs.get(output.name);
          if (info === undefined) continue;
          const old = output.replaces ? tensorOf(job, output.name) : undefined;
          if (old !== undefined && isExclusive(this.backend, old)) replace(this.backend, old, info);
          else fresh.push({job, output, info});
        }
      }
    }
    this.dispose(this.sums);
    return fresh;
  }

  /** Disposes what was made. */
  abandon(): void {
    this.dispose(this.sums);
    this.dispose(this.outputs);
  }

  private dispose(infos: readonly TensorInfo[]): void {
    for (const info of infos) this.backend.disposeIntermediateTensorInfo(info);
  }

  private classRun(planned: PlannedClass, firstTerm: number): ClassRun {
    const {plan, jobs, slots} = planned;
    const rows = jobs.map(job => this.row(planned, job));
    const most = Math.max(1, ...rows.map(({layout: [,,, texels]}) => texels));
    const parts = Math.min(MOST_PARTS, 2 ** Math.ceil(Math.log2(Math.ceil(most / TEXELS_A_PART))));
    const padded = new Float32Array(4 * Math.ceil(slots.length / 4));
    padded.set(slots);
    return {
      planned, rows, firstTerm, slots: padded, programs: this.canvas.programs.of(plan, this.step.totals),
      reductions: plan.passes.map(({reductions}) => reductions.length > 0 ? new Sums(this.backend, jobs.length, parts, reductions.length, this.sums) : undefined),
    };
  }

  private row({plan}: PlannedClass, job: Job): Row {
    const {variable: {shape, size}} = job;
    const outputs = new Map<string, TensorInfo>();
    let texels: readonly [number, number] | undefined;
    for (const output of plan.outputs) {
      if (size === 0 && output.extent === 'full') {
        if (!output.replaces) outputs.set(output.name, this.empty(shape));
        continue;
      }
      const info = packed(this.backend, shapeOf(job, output), this.outputs);
      outputs.set(output.name, info);
      if (output.extent === 'full') texels ??= texelsOf(this.backend.texData.get(info.dataId));
    }
    const [width, height] = texels ?? [1, 1];
    const layout = outputLayout(shape, width);
    const inputs = plan.inputs.map(({name, extent}) => {
      const tensor = tensorOf(job, name);
      if (tensor.size === 0) return [name, {texture: null, layout}] as const;
      const data = onGPU(this.backend, tensor);
      // A scalar is the first element of its texture, whatever the parameter's layout.
      return [name, {texture: data.texture?.texture ?? null, layout: inputLayout(data, extent === 'full' ? layout : undefined)}] as const;
    });
    const gathered = inputs.flatMap(([name, input], i) => plan.inputs[i]?.extent === 'full' && input.layout[3] === 4 && size > 0 ? [name] : []);
    return {job, outputs, layout, height, gathered, inputs: new Map(inputs)};
  }

  private empty(shape: number[]): TensorInfo {
    const info = this.backend.makeTensorInfo(shape, 'float32', new Float32Array(0));
    this.outputs.push(info);
    return info;
  }

  private reduce(run: ClassRun, k: number): void {
    const sums = run.reductions[k];
    const reduce = run.programs[k]?.reduce;
    if (sums === undefined || reduce === undefined) return;
    this.drawRows(run, reduce, (program, row, i) => { this.drawRow(run, program, row, i, sums.parts, 0, i, sums.width, 1, sums.width); });
    sums.add(this.canvas);
  }

  private addTerms(k: number): void {
    const {totals} = this;
    if (totals === undefined) return;
    for (const run of this.classes) {
      const program = run.programs[Math.min(k, run.programs.length - 1)]?.terms;
      if (program === undefined) continue;
      this.canvas.start(program, run.slots);
      run.rows.forEach((row, i) => { this.drawRow(run, program, row, run.firstTerm, totals.parts, run.firstTerm + i, 0, 1, 1); });
    }
    totals.add(this.canvas);
  }

  private write(run: ClassRun, k: number): void {
    const programs = run.programs[k];
    if (programs === undefined) return;
    for (const {of, outputs} of programs.writes) {
      this.drawRows(run, of, (program, row, i) => {
        if (row.job.variable.size > 0) this.drawRow(run, program, row, i, this.targets(row, outputs), 0, 0, row.layout[0], row.height);
      });
    }
    for (const {of, outputs} of programs.scalars) {
      this.drawRows(run, () => of([]), (program, row, i) => { this.drawRow(run, program, row, i, this.targets(row, outputs), 0, 0, 1, 1); });
    }
  }

  private drawRows(run: ClassRun, variants: Variants, draw: (program: Program, row: Row, index: number) => void): void {
    let current: Program | undefined;
    run.rows.forEach((row, i) => {
      const program = variants(row.gathered);
      if (program !== current) this.canvas.start(program, run.slots);
      current = program;
      draw(program, row, i);
    });
  }

  private targets({outputs}: Row, written: OutputPrograms['outputs']): Texture[] {
    return written.map(({name}) => {
      const info = outputs.get(name);
      return info === undefined ? null : textureOf(this.backend, info);
    });
  }

  private drawRow(run: ClassRun, program: Program, row: Row, index: number, targets: readonly Texture[], x: number, y: number, width: number, height: number,
    stride = 1): void {
    const {layout, sources} = program;
    const textures = sources.map((source, i) => {
      if (source.kind !== 'input') return this.sumTexture(run, source);
      const input = row.inputs.get(source.input.name);
      if (input === undefined) return null;
      layout.set(input.layout, 4 * i);
      return input.texture;
    });
    layout.set(row.layout, 4 * sources.length);
    layout[4 * sources.length + 4] = index;
    layout[4 * sources.length + 5] = stride;
    layout[4 * sources.length + 6] = row.job.variable.size;
    this.canvas.draw(program, textures, targets, x, y, width, height);
  }

  private sumTexture({reductions}: ClassRun, source: Exclude<Source, {kind: 'input'}>): Texture {
    const sums = source.kind === 'totals' ? this.totals : reductions[source.pass];
    return sums?.results[source.four] ?? null;
  }
}
