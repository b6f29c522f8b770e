import type {Optimizer} from '@tensorflow/tfjs-core';

/** What optimizers' weights are lists of; tfjs-core does not export the type by name. */
export type NamedTensor = Awaited<ReturnType<Optimizer['getWeights']>>[number];
