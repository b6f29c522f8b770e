import {adafactor, cautious} from '../../../src';
import type {ModernCase} from '../golden_modern.mjs';
import {elementOf} from '../present';
import type {Adapter} from './adapter';

const MIN_DIM = 16;
// The second on backends without such shapes, where state was there before the first step.
const WHY_EAGER =
  /^eager: its callbacks can't be traced: (mean\(\) along .*|the state entry 'adafactorRows' must have .*)$/;

export const adafactorAdapters: Readonly<Record<string, Adapter>> = {
  AdafactorTimm: {
    make: (given, params) =>
      adafactor(given.number('lr', 1), {
        // Without a rate, it is relative.
        relativeStep: !given.has('lr'),
        minDim: given.single('min_dim_size_to_factor', MIN_DIM),
        mom: given.element('betas', 0, [0, 0.999]),
        wd: given.number('weight_decay', 0),
        clipThreshold: given.number('clip_threshold', 1),
        warmupInit: given.flag('warmup_init', false),
        scaleParameter: given.flag('scale_parameter', true),
        after: given.flag('caution', false) ? [cautious] : [],
        params,
      }),
    fusedOn: (one, backend, step) => {
      if (!runsAlone(one, backend, step)) return backend;
      // Without another callback, nothing is left to fuse.
      return 'betas' in one.hypers ? `${backend}, except adafactorStep` : WHY_EAGER;
    },
    // PyTorch's rows are our columns. The order of a convolution's axes differs.
    state: one => ({
      exp_avg: 'updateAvg',
      exp_avg_sq: 'adafactorColumns',
      ...(hasKernels(one) ? {} : {exp_avg_sq_row: 'adafactorColumns', exp_avg_sq_col: 'adafactorRows'}),
    }),
  },
};

function hasKernels({groups}: ModernCase): boolean {
  return groups.flat().some(({shape}) => shape.length > 2);
}

/** Whether a parameter that has had a gradient is factored in a way that the backend can't fuse. */
function runsAlone({groups, grads, hypers}: ModernCase, backend: string, step: number): boolean {
  const {min_dim_size_to_factor: least = MIN_DIM} = hypers;
  return groups
    .flat()
    .filter((_, i) => grads.slice(0, step + 1).some(gradients => elementOf(gradients, i) !== null))
    .some(({shape}) =>
      shape.length > 2 ? true : backend === 'webgl' && shape.length === 2 && Math.min(...shape) > Number(least),
    );
}
