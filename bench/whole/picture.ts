import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

import type {Row} from './row';
import {OURS} from './row';

const COLORS = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#ff7f0e', '#8c564b'];

interface Bar {
  readonly row: string;
  readonly contestant: string;
  readonly low: number;
  readonly ratio: number;
  readonly high: number;
}

/** An SVG image of the times relative to ours, on a logarithmic scale: the medians, with the quartiles as lines. */
export function picture(rows: readonly Row[]): string {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const bars: Bar[] = rows.flatMap(({backend, model, entries}) =>
    entries.flatMap(({contestant, ratio, invalid}) =>
      ratio === undefined || invalid !== undefined || contestant === OURS
        ? []
        : [{row: `${model}, ${backend}`, contestant, low: ratio.low, ratio: ratio.median, high: ratio.high}],
    ),
  );
  const names = [...new Set(bars.map(({contestant}) => contestant))];
  const svg = Plot.plot({
    document,
    width: 800,
    height: 80 + 24 * new Set(bars.map(({row}) => row)).size + 16 * names.length,
    marginLeft: 220,
    marginTop: 20 + 16 * names.length,
    marginBottom: 45,
    style: {background: 'white', color: 'black', fontSize: '12px'},
    x: {label: 'time of a step / ours: right of 1, ours is faster', type: 'log', grid: true, tickFormat: '~r'},
    y: {label: null, domain: [...new Set(bars.map(({row}) => row))]},
    color: {domain: names, range: COLORS},
    marks: [
      Plot.ruleX([1]),
      Plot.link(bars, {x1: 'low', x2: 'high', y1: 'row', y2: 'row', stroke: 'contestant', strokeWidth: 1.5}),
      Plot.dot(bars, {x: 'ratio', y: 'row', fill: 'contestant', r: 4}),
      ...names.map((name, i) =>
        Plot.text([name], {
          frameAnchor: 'top-right',
          dy: -16 * (i + 1),
          fill: () => name,
          text: () => name,
        }),
      ),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
