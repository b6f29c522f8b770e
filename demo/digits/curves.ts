import {type ChartSettings, type Line, LineChart, type Point} from '../shared/chart';
import {element} from '../shared/dom';
import {short} from '../shared/numbers';
import type {Run, Runner} from './run';
import {smoothed} from './smoothing';

const step = {format: String};

interface Curves {
  readonly chart: LineChart;
  readonly pointsOf: (runner: Runner) => readonly Point[];
}

/** The charts of a training. */
export class CurveCharts {
  readonly #charts: readonly Curves[] = [
    {
      chart: chart('loss-chart', {label: 'Training loss by step', x: step, y: {log: true, format: short}}),
      pointsOf: ({history}) => byStep(smoothed(history.losses)),
    },
    {
      chart: chart('accuracy-chart', {
        label: 'Accuracy on held-out digits by step',
        x: step,
        y: {format: share => `${Number((100 * share).toFixed(1))} %`},
      }),
      pointsOf: ({history: {scores}}) => scores.map(({step: x, accuracy: y}) => ({x, y})),
    },
    {
      chart: chart('lr-chart', {label: 'Learning rate by step', x: step, y: {log: true, format: short}}),
      pointsOf: ({history}) => byStep(history.lrs),
    },
    {
      chart: chart('mom-chart', {label: 'Momentum by step', x: step, y: {format: mom => mom.toFixed(2)}}),
      pointsOf: ({history}) => byStep(history.moms).filter(({y}) => y > 0),
    },
  ];

  draw({contestants, steps}: Run): void {
    for (const {chart: each, pointsOf} of this.#charts) {
      const lines = contestants.map((runner): Line => ({...runner.entrant, points: pointsOf(runner)}));
      each.draw(lines, {xEnd: steps});
    }
  }
}

function chart(id: string, settings: ChartSettings): LineChart {
  return new LineChart(element(id, HTMLDivElement), settings);
}

function byStep(values: readonly number[]): Point[] {
  return values.map((y, i) => ({x: i + 1, y}));
}
