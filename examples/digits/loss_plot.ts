import * as Plot from '@observablehq/plot';

import {svgPlot} from '../support/svg_plot';

/** Each point of a curve is the mean of the losses of this many batches. */
const WINDOW = 25;
const COLORS = ['#d62728', '#1f77b4'];

/**
 * An SVG image of loss curves on a logarithmic scale. Each point is the mean of 25 batches.
 * @param curves the loss of each batch, by name.
 */
export function lossPlot(curves: ReadonlyMap<string, readonly number[]>): string {
  const names = [...curves.keys()];
  const points = [...curves].flatMap(([name, losses]) =>
    movingMean(losses).map((loss, i) => ({name, batch: i + 1, loss})),
  );
  const axes = {x: 'batch', y: `training loss (mean of ${WINDOW} batches)`, names, colors: COLORS};
  return svgPlot(axes, [Plot.line(points, {x: 'batch', y: 'loss', stroke: 'name', strokeWidth: 1.5})]);
}

/** For each number: the mean of it and the numbers before it, up to `WINDOW` of them. */
function movingMean(numbers: readonly number[]): number[] {
  return numbers.map((_, i) => {
    const window = numbers.slice(Math.max(0, i + 1 - WINDOW), i + 1);
    return window.reduce((a, b) => a + b) / window.length;
  });
}
