import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

/** How many batches one point of a curve averages. */
const WINDOW = 25;

/**
 * An SVG image of loss curves, smoothed over 25 batches, on a logarithmic scale.
 * @param curves the loss of each batch, by name.
 */
export function lossPlot(curves: ReadonlyMap<string, readonly number[]>): string {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const points = [...curves].flatMap(([name, losses]) => losses.map((loss, batch) => ({name, batch: batch + 1, loss})));
  const smooth = Plot.windowY({k: WINDOW, anchor: 'middle'}, {x: 'batch', y: 'loss', stroke: 'name', strokeWidth: 1.5});
  const svg = Plot.plot({
    document, width: 800, height: 450, marginLeft: 60, marginRight: 120,
    style: {background: 'white', color: 'black'},
    x: {label: 'batch', domain: [1, Math.max(2, ...points.map(({batch}) => batch))]},
    y: {label: `training loss (mean of ${WINDOW} batches)`, type: 'log', grid: true},
    color: {domain: [...curves.keys()], range: ['#d62728', '#1f77b4', '#2ca02c']},
    marks: [
      Plot.line(points, smooth),
      Plot.text(points, Plot.selectLast({x: 'batch', y: 'loss', z: 'name', fill: 'name', text: 'name', textAnchor: 'start', dx: 6})),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return svg.outerHTML;
}
