import fc from 'fast-check';

import {describeBackends, type Place, PLACES} from './support/backends';
import {isFused, resultDifference, runInFloat64, runOnBackend} from './support/composition_run';
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

// Software WebGL and WebGPU need 0.1 s for every program that they have not compiled before.
const SUITES: ReadonlyArray<
  readonly [what: string, fusing: boolean, shapes: ReadonlyArray<readonly number[]>, runs: Runs]
> = [
  [
    'of parameters of few shapes, without fusing',
    false,
    FEW_SHAPES,
    {cpu: 100, wasm: 100, webgl: 5, webgl1: 0, webgpu: 5},
  ],
  ['of small parameters', true, SMALL_SHAPES, {cpu: 400, wasm: 400, webgl: 36, webgl1: 12, webgpu: 36}],
  ['of large parameters', true, LARGE_SHAPES, {cpu: 5, wasm: 5, webgl: 5, webgl1: 2, webgpu: 5}],
];

// Of a parameter. Steps with more run as ordinary operations, some of which tfjs's WebGPU backend lacks for tensors of
// rank 5 and more.
const MOST_ON_WEBGPU = 7;

/** Of parameters that tfjs's operations on GPUs can choose elements of. */
const MOST_RANKS = 4;

function ranksOf({groups}: Composition): number {
  return Math.max(...groups.flat().map(({shape}) => shape.length));
}

function tensorsOf(composition: Composition): number {
  const {state, shared} = chainOfAll(composition);
  return ['p', 'grad', ...shared, ...[...state.values()].filter(start => typeof start !== 'number')].length;
}

describeBackends(
  'a random composition of callbacks',
  (backend, place) => {
    const isGpu = backend === 'webgl' || backend === 'webgpu';
    for (const [what, fusing, shapes, runs] of SUITES.filter(([, , , runs]) => runs[place] > 0)) {
      it(
        `${what} computes the same as its callbacks in float64, and leaves no tensor`,
        () =>
          leakless(async () => {
            const sameAsFloat64 = fc.asyncProperty(compositionsOver(shapes), async composition => {
              fc.pre(!fusing || backend !== 'webgpu' || tensorsOf(composition) <= MOST_ON_WEBGPU);
              fc.pre(!isGpu || !composition.runsAloneOnGpus || ranksOf(composition) <= MOST_RANKS);
              const results = await runOnBackend(composition, ({fusedOn}) => {
                if (fusing && !isFused(fusedOn, backend)) throw new Error(`It ran ${fusedOn}.`);
              });
              const found = resultDifference(results, runInFloat64(composition), 5e-6);
              if (found !== undefined) throw new Error(found);
            });
            tf.env().set('OPTIM_FUSING', fusing);
            await expectAlways(sameAsFloat64, runs[place]);
          }),
        patience,
      );
    }

    afterEach(() => {
      tf.env().set('OPTIM_FUSING', true);
    });
  },
  PLACES,
);
