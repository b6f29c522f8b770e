import type {TensorInfo} from '@tensorflow/tfjs-core';

import {at} from '../../util/at';
import type {Job} from '../job';
import type {Fresh, PlannedBucket, PlannedStep} from '../kernel';
import {type Dispatch, dispatchesOf, inOrder, isLargest} from '../shader/dispatches';
import {fours} from '../shader/lines';
import {shapeOf, tensorOf} from '../tensors_of_job';
import type {Canvas, Rectangle} from './canvas';
import type {Storage, Variant} from './shader';
import {
  isExclusive,
  isLarge,
  matricesOf,
  onGPU,
  packed,
  replace,
  texelsOf,
  type Texture,
  textureOf,
  type WebGLBackend,
} from './textures';

// A sum is drawn as a rectangle of parts, and a part sums at least this many texels. The parts of a row take turns
// along a range of texels. So neighbours read neighbours, and find in the cache what others have loaded.
const TEXELS_PER_PART = 64;
const PARTS_ACROSS = 4;
const MOST_DOWN = 256;
// Every machine can have textures of this many texels per side.
const LONGEST = 2048;

/** The textures of a job, and the words of its shaders. */
interface BoundJob {
  readonly inputs: readonly Texture[];
  /** In the order of the plan. */
  readonly outputs: readonly Texture[];
  readonly variant: Variant;
  /** The size of the parameter's texture in texels, and how many texels it fills. */
  readonly texels: readonly [width: number, height: number];
  readonly filled: number;
  readonly words: Int32Array;
}

/**
 * Textures of sums. `parts` have one rectangle of `size` per parameter, from top to bottom. `results` have the sum of
 * each rectangle.
 */
interface Sums {
  readonly size: readonly [width: number, height: number];
  readonly parts: readonly Texture[];
  readonly results: readonly Texture[];
}

/** A bucket of parameters on its way through the passes. */
interface BoundBucket {
  readonly planned: PlannedBucket;
  readonly dispatches: readonly Dispatch[];
  readonly bound: readonly BoundJob[];
  /** By pass. */
  readonly sums: readonly Sums[];
  /** The column of the first parameter in the terms. */
  readonly firstTerm: number;
  /** Whether a parameter of the bucket is large. All of them have the same programs. */
  readonly isLarge: boolean;
}

/** One step. `prepare` makes everything, `draw` computes, and `commit` makes the results visible. */
export class WebGLStep {
  readonly #backend: WebGLBackend;
  readonly #canvas: Canvas;
  readonly #step: PlannedStep;
  /** What is disposed after the step: sums, and inputs that had to be repacked. */
  readonly #passing: TensorInfo[] = [];
  readonly #outputs: Fresh[] = [];
  readonly #buckets: BoundBucket[] = [];
  #totals: Sums = {size: [1, 1], parts: [], results: []};

  constructor(backend: WebGLBackend, canvas: Canvas, step: PlannedStep) {
    this.#backend = backend;
    this.#canvas = canvas;
    this.#step = step;
  }

  prepare(): void {
    const {buckets, totals} = this.#step;
    let terms = 0;
    for (const planned of buckets) {
      const {plan, jobs} = planned;
      const bound = jobs.map((job, i) => this.#bind(planned, job, i));
      const most = Math.max(1, ...bound.map(({filled}) => filled));
      const down = Math.max(
        1,
        Math.min(MOST_DOWN, Math.floor(LONGEST / jobs.length), Math.ceil(most / TEXELS_PER_PART / PARTS_ACROSS)),
      );
      this.#buckets.push({
        planned,
        bound,
        firstTerm: terms,
        isLarge: isLarge(most),
        dispatches: dispatchesOf(plan, totals, this.#canvas.mostTargets, false),
        sums: plan.passes.map(({reductions}) => this.#sums(jobs.length, [PARTS_ACROSS, down], reductions.length)),
      });
      terms += jobs.length;
    }
    this.#totals = this.#sums(1, [terms, 1], totals);
  }

  draw(): void {
    this.#canvas.use(this.#backend, () => {
      for (const [bucket, dispatch] of inOrder(this.#buckets)) this.#drawDispatch(bucket, dispatch);
    });
  }

  /** Replaces the data of tensors that share them with no other tensor. Returns the other new tensors. */
  commit(): Fresh[] {
    const backend = this.#backend;
    const passing = this.#passing;
    const outputs = this.#outputs;
    const fresh = outputs.filter(({job, output: {name, replaces}, info}) => {
      if (!replaces || !isExclusive(backend, tensorOf(job, name))) return true;
      replace(backend, tensorOf(job, name), info);
      return false;
    });
    this.#dispose(passing);
    return fresh;
  }

  /** Disposes what was made. */
  abandon(): void {
    this.#dispose(this.#passing);
    this.#dispose(this.#outputs.map(({info}) => info));
  }

  #dispose(infos: readonly TensorInfo[]): void {
    for (const info of infos) this.#backend.disposeIntermediateTensorInfo(info);
  }

  #bind({plan, slots}: PlannedBucket, job: Job, index: number): BoundJob {
    const {
      variable: {shape, size},
    } = job;
    const backend = this.#backend;
    let [width, height] = [1, 1];
    const outputs = plan.outputs.map(output => {
      const texture = textureOf(
        packed(backend, shapeOf(job, output), info => this.#outputs.push({job, output, info})),
      );
      if (output.extent === 'full') [width, height] = texture.size;
      return texture;
    });
    const [rows, columns, count] = matricesOf(shape);
    const filled = texelsOf(shape);
    const geometry = [width, rows, columns, filled, index, 1, size, 0];
    const stored: Storage[] = [];
    const inputs = plan.inputs.map(({name, extent, element}) => {
      const data = onGPU(backend, tensorOf(job, name), this.#passing);
      const texture = textureOf(data);
      const [inputWidth] = texture.size;
      // A tensor that is not a slice starts at 0.
      geometry.push(inputWidth, data.slice?.flatOffset ?? 0, 0, 0);
      stored.push(
        extent === 'scalar' && element === undefined
          ? 'alike'
          : data.isPacked !== true
            ? 'unpacked'
            : inputWidth === width
              ? 'alike'
              : 'moved',
      );
      return texture;
    });
    const words = new Int32Array(geometry.length + 4 * fours(slots.length));
    words.set(geometry);
    new Float32Array(words.buffer).set(slots, geometry.length);
    return {
      outputs,
      inputs,
      texels: [width, height],
      filled,
      words,
      variant: [rows * count === 1 && isLarge(filled) ? 'vector' : 'matrix', ...stored],
    };
  }

  #sums(rows: number, size: Sums['size'], count: number): Sums {
    const [width, height] = size;
    const textures = (across: number, down: number): Texture[] =>
      Array.from({length: count}, () =>
        textureOf(
          packed(this.#backend, [2 * down, 2 * across], info => this.#passing.push(info), [2 * down, 2 * across]),
        ),
      );
    return {size, parts: textures(width, rows * height), results: textures(1, rows)};
  }

  #drawDispatch({planned: {plan}, bound, sums, firstTerm, isLarge}: BoundBucket, dispatch: Dispatch): void {
    const canvas = this.#canvas;
    const totals = this.#totals;
    const {kind, pass, first, values, outputs: written} = dispatch;
    const to = kind === 'sums' ? at(sums, pass) : kind === 'terms' ? totals : undefined;
    const positions = written.map(output => plan.outputs.indexOf(output));
    const some = (textures: readonly Texture[]): readonly Texture[] => textures.slice(first, first + values.length);
    const results = [...sums, totals].flatMap(each => each.results);
    bound.forEach(({inputs, outputs, variant, texels, words}, i) => {
      const [width, height] = kind === 'tensors' ? texels : to === undefined || kind === 'terms' ? [1, 1] : to.size;
      [words[5], words[7]] = [width, height];
      const targets = to === undefined ? positions.map(position => at(outputs, position)) : some(to.parts);
      const area: Rectangle = [kind === 'terms' ? firstTerm + i : 0, kind === 'sums' ? i * height : 0, width, height];
      canvas.draw(canvas.program(plan, dispatch, variant, isLarge), words, [...inputs, ...results], targets, area);
    });
    if (to === undefined) return;
    const size = Int32Array.of(...to.size, 0, 0, 0, 0, 0, 0);
    canvas.draw(
      canvas.summing(values.map((_, i) => isLargest(plan, dispatch, i))),
      size,
      some(to.parts),
      some(to.results),
      [0, 0, 1, kind === 'sums' ? bound.length : 1],
    );
  }
}
