import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

import {at} from '../../examples/support/lookup';
import {medianOf} from '../wasm_training/measure';
import type {Line} from './report';
import {pointsOf} from './trained';

const COLORS = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#ff7f0e', '#17becf', '#8c564b', '#7f7f7f'];
/** More curves in one picture can't be told apart. */
export const MOST_CURVES = COLORS.length;

/** One place on a curve: the losses of all seeds. */
interface Place {
  readonly name: string;
  readonly x: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** The curve of a line over the points that all seeds reached. @param perStep how far one step goes on the x axis. */
function curveOf({optimizer, schedule, runs}: Line, perStep: number): Place[] {
  const reached = Math.min(...runs.map(({heldOut}) => heldOut.length));
  return pointsOf(at(runs, 0))
    .slice(0, reached)
    .map((step, i) => {
      const losses = runs.map(({heldOut}) => at(heldOut, i));
      return {
        name: nameOf({optimizer, schedule}),
        x: step * perStep,
        low: Math.min(...losses),
        middle: medianOf(losses),
        high: Math.max(...losses),
      };
    });
}

const nameOf = ({optimizer, schedule}: Pick<Line, 'optimizer' | 'schedule'>): string =>
  schedule === 'constant' ? optimizer : `${optimizer}, one-cycle`;

/** An SVG image of held-out losses on a logarithmic scale: the median of the seeds, and their range as a band. */
export function picture(lines: readonly Line[], against: 'steps' | 'seconds'): string {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const places = lines.flatMap(line => curveOf(line, against === 'steps' ? 1 : line.stepMs / 1000));
  const names = lines.map(nameOf);
  const svg = Plot.plot({
    document,
    width: 800,
    height: 450,
    marginLeft: 60,
    marginRight: 20,
    marginBottom: 45,
    style: {background: 'white', color: 'black', fontSize: '12px'},
    x: {label: against === 'steps' ? 'steps' : 'seconds of training'},
    y: {label: 'loss on held-out data: median and range of the seeds', type: 'log', grid: true, tickFormat: '~r'},
    color: {domain: names, range: COLORS},
    marks: [
      Plot.areaY(places, {x: 'x', y1: 'low', y2: 'high', fill: 'name', fillOpacity: 0.15}),
      Plot.line(places, {x: 'x', y: 'middle', stroke: 'name', strokeWidth: 1.5}),
      ...names.map((name, i) =>
        Plot.text([name], {frameAnchor: 'top-right', dy: 16 * (i + 1), fill: () => name, text: () => name}),
      ),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
