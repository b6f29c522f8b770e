import type {Schedule} from '../schedule/schedule';
import {checkSwitch} from '../util/options';
import {type ChartOptions, checkedOptions} from './chart_options';
import {joinedGroups} from './groups';
import {lineChart, lookOf} from './line_chart';
import {checkCharted, scheduleSamples} from './schedule_samples';

/** Options of `scheduleCharts`. */
export interface ScheduleChartOptions extends ChartOptions {
  /** The number of groups, a whole number from 1. Default 1. */
  readonly groups?: number;
  /** Whether the vertical scale is logarithmic. Values that are not above 0 are then gaps. Default false. */
  readonly logY?: boolean;
}

/** The parts in which a schedule is drawn: a jump is three or four pixels wide. */
const INTERVALS = 160;

/**
 * Draws schedules over their length in percent, as SVG: one chart per hyper, with one line per group. Groups with the
 * same values share a line. Colors are as in `historyChart`.
 * @param schedules the schedules by hyper. A policy such as `oneCycle()` makes them from the optimizer's hypers:
 *   `oneCycle().schedulesFor(opt.hypers)`.
 * @returns the elements, by hyper.
 * @throws where these are not schedules by hyper, a list does not fit the groups, or an option is impossible.
 * @example
 * ```ts
 * import * as Plot from '@observablehq/plot';
 * import {parseHTML} from 'linkedom';
 * import {scheduleCharts} from 'tfjs-optim/plot';
 *
 * const {document} = parseHTML('<html></html>'); // only in Node: a page has its own
 * const {lr, mom} = scheduleCharts({lr: cos(slice(1e-4, 1e-2), 0), mom: lin(0.95, 0.85)}, {Plot, document, groups: 3});
 * mom.getAttribute('aria-label'); // → 'mom over its schedule'
 * ```
 */
export function scheduleCharts<Hyper extends string>(
  schedules: Readonly<Record<Hyper, Schedule>>,
  options: ScheduleChartOptions,
  ...more: undefined[]
): Record<Hyper, SVGSVGElement>;
export function scheduleCharts(
  schedules: Readonly<Record<string, Schedule>>,
  options: ScheduleChartOptions | undefined,
  ...more: undefined[]
): Record<string, SVGSVGElement> {
  const checked = checkedOptions('scheduleCharts', 'schedules', options, {groups: 3, logY: true}, more);
  const {groups = 1, logY = false}: Partial<ScheduleChartOptions> = {...options};
  checkSwitch('logY', logY);
  checkCharted(schedules, 'scheduleCharts(policy.schedulesFor(opt.hypers), {Plot, groups: opt.hypers.length})');
  return Object.fromEntries(
    Object.entries(schedules).map(([hyper, schedule]) => {
      const lines = joinedGroups(scheduleSamples(hyper, schedule, groups, INTERVALS)).map(({name, values}, i) => ({
        ...lookOf(i),
        name,
        points: values.map((y, step) => ({x: (100 * step) / INTERVALS, y})),
      }));
      const chart = lineChart(
        {
          title: `${hyper} over its schedule`,
          x: {label: '% of the steps'},
          y: {label: hyper, log: logY},
          lines,
          legend: lines.length > 1 ? lines : [],
        },
        checked,
      );
      return [hyper, chart];
    }),
  );
}
