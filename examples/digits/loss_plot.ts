import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

/** Each point of a curve is the mean of the losses of this many batches. */
const WINDOW = 25;
const COLORS = ['#d62728', '#1f77b4'];

/**
 * An SVG image of loss curves on a logarithmic scale. Each point is the mean of 25 batches.
 * @param curves the loss of each batch, by name.
 */
export function lossPlot(curves: ReadonlyMap<string, readonly number[]>): string {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const names = [...curves.keys()];
  const points = [...curves].flatMap(([name, losses]) =>
    movingMean(losses).map((loss, i) => ({name, batch: i + 1, loss})),
  );
  const svg = Plot.plot({
    document,
    width: 800,
    height: 450,
    marginLeft: 60,
    marginRight: 20,
    style: {background: 'white', color: 'black', fontSize: '12px'},
    x: {label: 'batch'},
    y: {label: `training loss (mean of ${WINDOW} batches)`, type: 'log', grid: true, tickFormat: '~r'},
    color: {domain: names, range: COLORS},
    marks: [
      Plot.line(points, {x: 'batch', y: 'loss', stroke: 'name', strokeWidth: 1.5}),
      ...names.map((name, i) =>
        Plot.text([name], {
          frameAnchor: 'top-right',
          dy: 16 * (i + 1),
          fill: () => name,
          text: () => name,
          fontSize: 14,
        }),
      ),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return svg.outerHTML;
}

/** For each number: the mean of it and the numbers before it, up to `WINDOW` of them. */
function movingMean(numbers: readonly number[]): number[] {
  return numbers.map((_, i) => {
    const window = numbers.slice(Math.max(0, i + 1 - WINDOW), i + 1);
    return window.reduce((a, b) => a + b) / window.length;
  });
}
