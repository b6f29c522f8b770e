import type {Optimizer} from '@tensorflow/tfjs-core';

/** One element of an optimizer's weights. tfjs-core does not export this type. */
export type NamedTensor = Awaited<ReturnType<Optimizer['getWeights']>>[number];
