import {
  getBackend,
  getGradient,
  type GradConfig,
  type GradFunc,
  registerGradient,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** A gradient of ours. It returns undefined for cases that are left to tfjs's gradient. */
export type TrainingGradient = (
  dy: Tensor,
  saved: readonly Tensor[],
  attrs: Parameters<GradFunc>[2],
) => ReturnType<GradFunc> | undefined;

/** The name of our kernel for the gradient of batch norm, on each backend that has one. */
export const BATCH_NORM_GRADIENT = 'TfjsOptimBatchNormGradient';

/** The registered gradient of an operation. tfjs's type does not say that there may be none. */
function find(name: string): GradConfig | undefined {
  return getGradient(name);
}

/**
 * Puts gradients of ours in front of tfjs's, which all backends share. On other backends than `backendNames`, and where
 * ours return undefined, they call tfjs's.
 * @param gradients by the names of their operations.
 * @param mark of the module that calls. It marks functions of ours, so that a second copy of the module (ESM beside
 *   UMD) recognizes them too.
 * @returns the names of the operations with gradients of ours.
 */
export function putInFront(
  gradients: Readonly<Record<string, TrainingGradient>>,
  backendNames: readonly string[],
  mark: symbol,
): string[] {
  return Object.entries(gradients)
    .filter(([name, gradient]) => {
      const there = find(name);
      if (there === undefined) return false;
      const {gradFunc} = there;
      // The marks of other modules are copied: each module is in front once, in whatever order they register again.
      if (!(mark in gradFunc))
        registerGradient({
          ...there,
          gradFunc: Object.assign(inFrontOf(gradFunc, gradient, backendNames), gradFunc, {[mark]: true}),
        });
      return true;
    })
    .map(([name]) => name);
}

function inFrontOf(stock: GradFunc, gradient: TrainingGradient, backendNames: readonly string[]): GradFunc {
  return (dy, saved, attrs) => {
    const ours = backendNames.includes(getBackend()) && !Array.isArray(dy) ? gradient(dy, saved, attrs) : undefined;
    // Undefined: this case is left to tfjs.
    return ours ?? stock(dy, saved, attrs);
  };
}
