import fc from 'fast-check';

import {type BackendName, describeBackends, type Place, PLACES} from './support/backends';
import {isFused, type ParameterResult, resultDifference, runInFloat64, runOnBackend} from './support/composition_run';
import {
  chainOfAll,
  type Composition,
  compositionsOver,
  FEW_SHAPES,
  LARGE_SHAPES,
  SMALL_SHAPES,
} from './support/compositions';
import {leakless} from './support/leakless';
import {expectAlways, patience} from './support/random_runs';
import {tf} from './support/tfjs';

type Runs = Readonly<Record<Place, number>>;

interface Suite {
  readonly what: string;
  readonly fusing: boolean;
  readonly shapes: ReadonlyArray<readonly number[]>;
  /** Software WebGL and WebGPU need 0.1 s for every program that they have not compiled before. */
  readonly runs: Runs;
}

const SUITES: readonly Suite[] = [
  {
    what: 'of parameters of few shapes, without fusing',
    fusing: false,
    shapes: FEW_SHAPES,
    // On cpu and wasm, the eager steps of the other suites are compared.
    runs: {cpu: 0, wasm: 0, webgl: 5, webgl1: 0, webgpu: 5},
  },
  {
    what: 'of small parameters',
    fusing: true,
    shapes: SMALL_SHAPES,
    runs: {cpu: 500, wasm: 500, webgl: 36, webgl1: 12, webgpu: 36},
  },
  {
    what: 'of large parameters',
    fusing: true,
    shapes: LARGE_SHAPES,
    runs: {cpu: 6, wasm: 6, webgl: 5, webgl1: 2, webgpu: 5},
  },
];

// Of a parameter. Steps with more run as ordinary operations, some of which tfjs's WebGPU backend lacks for tensors of
// rank 5 and more.
const MOST_ON_WEBGPU = 7;

/** Of parameters that tfjs's operations on GPUs can choose elements of. */
const MOST_RANKS = 4;

/**
 * Whether tfjs's WebGL backend would add the elements of a parameter one after another, in float32. It does so for
 * prime numbers of elements.
 */
function losesDigitsOnWebGL({groups}: Composition): boolean {
  return groups.flat().some(({shape}) => LARGE_PRIMES.includes(tf.util.sizeFromShape([...shape])));
}

const LARGE_PRIMES = [65_537, 65_539];

function ranksOf({groups}: Composition): number {
  return Math.max(...groups.flat().map(({shape}) => shape.length));
}

/** Runs the composition eagerly on the backend. */
async function eager(composition: Composition, on: BackendName): Promise<ParameterResult[]> {
  const before = tf.getBackend();
  await tf.setBackend(on);
  tf.env().set('OPTIM_FUSING', false);
  const results = await runOnBackend(composition);
  tf.env().set('OPTIM_FUSING', true);
  await tf.setBackend(before);
  return results;
}

function tensorsOf(composition: Composition): number {
  const {state, shared} = chainOfAll(composition);
  return ['p', 'grad', ...shared, ...[...state.values()].filter(start => typeof start !== 'number')].length;
}

describeBackends(
  'a random composition of callbacks',
  (backend, place) => {
    const isGpu = backend === 'webgl' || backend === 'webgpu';
    for (const {what, fusing, shapes, runs} of SUITES.filter(({runs}) => runs[place] > 0)) {
      // tfjs's sums are in float64 on the CPU backend only.
      const reference = shapes === LARGE_SHAPES ? 'cpu' : backend;
      const others = isGpu ? 'in float64' : `in float64, and as its eager step on ${reference}`;
      it(
        `${what} computes the same as its callbacks ${others}, and leaves no tensor`,
        () =>
          leakless(async () => {
            const sameAsFloat64 = fc.asyncProperty(compositionsOver(shapes), async composition => {
              fc.pre(!fusing || backend !== 'webgpu' || tensorsOf(composition) <= MOST_ON_WEBGPU);
              fc.pre(!isGpu || !composition.runsAloneOnGpus || ranksOf(composition) <= MOST_RANKS);
              fc.pre(backend !== 'webgl' || !composition.runsAloneOnGpus || !losesDigitsOnWebGL(composition));
              const results = await runOnBackend(composition, ({fusedOn}) => {
                if (fusing && !isFused(fusedOn, backend)) throw new Error(`It ran ${fusedOn}.`);
              });
              const found =
                resultDifference(results, runInFloat64(composition), 5e-6) ??
                // A GPU would have to compile every operation.
                (isGpu ? undefined : resultDifference(results, await eager(composition, reference), 1e-6));
              if (found !== undefined) throw new Error(found);
            });
            tf.env().set('OPTIM_FUSING', fusing);
            await expectAlways(sameAsFloat64, runs[place]);
          }),
        patience,
      );
    }

    afterEach(async () => {
      tf.env().set('OPTIM_FUSING', true);
      await tf.setBackend(backend);
    });
  },
  PLACES,
);
