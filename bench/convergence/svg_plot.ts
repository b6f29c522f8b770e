import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

interface Axes {
  /** The labels of the axes. */
  readonly x: string;
  readonly y: string;
  /** What is drawn, with one color each. Marks take the color with the channel `stroke` or `fill` set to a name. */
  readonly names: readonly string[];
  readonly colors: readonly string[];
}

/** An SVG image with a logarithmic y axis, and the names in their colors in its corner. */
export function svgPlot({x, y, names, colors}: Axes, marks: readonly Plot.Markish[]): string {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document,
    width: 800,
    height: 450,
    marginLeft: 60,
    marginRight: 20,
    marginBottom: 45,
    style: {background: 'white', color: 'black', fontSize: '12px'},
    x: {label: x},
    y: {label: y, type: 'log', grid: true, tickFormat: '~r'},
    color: {domain: names, range: colors},
    marks: [
      ...marks,
      ...names.map((name, i) =>
        Plot.text([name], {frameAnchor: 'top-right', dy: 16 * (i + 1), fill: () => name, text: () => name}),
      ),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return svg.outerHTML;
}
