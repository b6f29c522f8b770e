import type {Callback} from '../../src';
import type {Composition} from './compositions';

/** Numbers for a tensor, exact in float32, that differ from phase to phase. */
export function wave(shape: readonly number[], phase: number): number[] {
  return Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) =>
    Math.fround(Math.sin(i * 0.7 + phase) + phase / 40),
  );
}

/**
 * Three steps of callbacks on one group of parameters, with waves as weights and gradients, at a rate of 0.1.
 * @param gradientOf the gradient of the i-th parameter in a step; a wave by default.
 */
export function compositionOfWaves(
  callbacks: readonly Callback[],
  shapes: ReadonlyArray<readonly number[]>,
  gradientOf = (shape: readonly number[], i: number, step: number): readonly number[] => wave(shape, step + i + 1),
): Composition {
  const steps = [0, 1, 2];
  return {
    callbacks,
    hypers: {lr: [0.1]},
    groups: [
      shapes.map((shape, i) => ({
        shape,
        init: wave(shape, i),
        doWd: true,
        gradients: steps.map(step => gradientOf(shape, i, step)),
      })),
    ],
    freezeTo: 0,
    steps: steps.length,
    schedule: steps.map(() => 1),
  };
}
