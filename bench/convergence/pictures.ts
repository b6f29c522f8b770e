import * as Plot from '@observablehq/plot';

import {at} from '../../examples/support/lookup';
import {medianOf} from '../wasm_training/measure';
import type {Line} from './report';
import {svgPlot} from './svg_plot';
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

/**
 * An SVG image of held-out losses on a logarithmic scale: the median of the seeds, and their range as a band. Against
 * seconds, it leaves out the lines without a measured step.
 */
export function picture(lines: readonly Line[], against: 'steps' | 'seconds'): string {
  const drawn = lines.flatMap(line => {
    if (against === 'steps') return [{line, perStep: 1}];
    return line.time === undefined ? [] : [{line, perStep: line.time.ms / 1000}];
  });
  const places = drawn.flatMap(({line, perStep}) => curveOf(line, perStep));
  const axes = {
    x: against === 'steps' ? 'steps' : 'seconds of training',
    y: 'loss on held-out data: median and range of the seeds',
    names: drawn.map(({line}) => nameOf(line)),
    colors: COLORS,
  };
  const svg = svgPlot(axes, [
    Plot.areaY(places, {x: 'x', y1: 'low', y2: 'high', fill: 'name', fillOpacity: 0.15}),
    Plot.line(places, {x: 'x', y: 'middle', stroke: 'name', strokeWidth: 1.5}),
  ]);
  return `${svg}\n`;
}
