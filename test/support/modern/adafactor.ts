import {adafactor, cautious} from '../../../src';
import type {ModernCase} from '../golden_modern.mjs';
import type {Adapter} from './adapter';

const MIN_DIM = 16;

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
    fusedOn: (one, backend) => {
      const why = whyAlone(one, backend);
      if (why === undefined) return backend;
      // Without another callback, nothing is left to fuse.
      return 'betas' in one.hypers
        ? `${backend}, except adafactorStep`
        : `eager: its callbacks can't be traced: ${why}`;
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

/** Why the step is not fused; undefined where it is. */
function whyAlone(one: ModernCase, backend: string): string | undefined {
  const {min_dim_size_to_factor: least = MIN_DIM} = one.hypers;
  const isFactored = one.groups
    .flat()
    .some(({shape}) => shape.length > 1 && shape.slice(-2).every(length => length > Number(least)));
  if (backend === 'webgl') return isFactored || hasKernels(one) ? 'mean() along an axis, on this backend' : undefined;
  if (!hasKernels(one)) return undefined;
  return `mean() along the axes ${isFactored ? '2' : '0'}; the last axis, or all others, can be fused`;
}
