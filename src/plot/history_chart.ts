import {at} from '../util/at';
import {checkSwitch} from '../util/options';
import {shown} from '../util/shown';
import {type ChartOptions, checkedOptions} from './chart_options';
import {checkHistory, columnsOf, distinct, isNames, type RecordedHistory} from './history_columns';
import {type Line, lineChart, lookOf} from './line_chart';

/** Options of `historyChart` and `liveChart`. */
export interface HistoryChartOptions extends ChartOptions {
  /**
   * What to draw, by names in the history. A metric is drawn together with the same metric in validation (`acc` with
   * `val_acc`); `val_acc` beside `acc` is not drawn again. A hyper that `record` wrote has one line per group whose
   * values differ (`lr` has `lr_0` and `lr_1`). Default `['loss']`.
   */
  readonly metrics?: readonly string[];
  /** Whether the vertical scale is logarithmic. Values that are not above 0 are then gaps. Default false. */
  readonly logY?: boolean;
  /** The label of the vertical axis. Default: the metric, if there is one; none for several, which a legend names. */
  readonly yLabel?: string;
}

type Checked = Required<Omit<HistoryChartOptions, 'yLabel'>> & Pick<HistoryChartOptions, 'yLabel'>;

/** What a line in validation looks like. */
const DASH = '5,4';

/**
 * Draws a history as SVG: one line per metric, and a dashed one for the same metric in validation. Text has the color
 * of the page's text (`currentColor`), so that the chart can be read on light and on dark pages. Values that are NaN or
 * infinite are gaps. A value without a neighbor is a dot, such as that of a single epoch; in validation it is a circle
 * that is not filled. A chart without any value says "no finite values".
 * @param history what `fit` resolves to.
 * @returns the element. Add it to the page, or write `svgText(chart)` to a file.
 * @throws where the history lacks a metric, the metrics have different numbers of values, or an option is impossible.
 * @example
 * ```ts
 * import * as Plot from '@observablehq/plot';
 * import {parseHTML} from 'linkedom';
 * import {historyChart} from 'tfjs-optim/plot';
 *
 * const {document} = parseHTML('<html></html>'); // only in Node: a page has its own
 * model.compile({optimizer: adam(1e-3), loss: 'categoricalCrossentropy'});
 * const history = await model.fit(xs, ys, {epochs: 3, validationSplit: 0.25});
 * const chart = historyChart(history, {Plot, document});
 * chart.getAttribute('aria-label'); // → 'loss by epoch'
 * ```
 */
export function historyChart(
  history: RecordedHistory,
  options: HistoryChartOptions,
  ...more: undefined[]
): SVGSVGElement {
  checkHistory('historyChart', 'first', history);
  const checked = checkedHistoryOptions('historyChart', 'history', options, more);
  return chartOf(history, checked);
}

/**
 * A callback that draws the metrics into an element of the page after each epoch, while `fit` trains. It is a plain
 * object with a hook: give it to `fit` alone, or together with other callbacks in `fitCallbacks`. A fit that begins at
 * epoch 0 begins a new chart; a fit with `initialEpoch` continues the chart of the fit before.
 * @param container the element. The chart replaces what it contains.
 * @param options those of `historyChart`. The default of `document` is the container's.
 * @throws where the container is not an element, or an option is impossible; and at the end of an epoch, where `fit`
 *   does not log a metric.
 * @example
 * ```ts browser
 * import * as Plot from '@observablehq/plot';
 * import {liveChart} from 'tfjs-optim/plot';
 *
 * const container = document.createElement('div');
 * model.compile({optimizer: adam(1e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
 * await model.fit(xs, ys, {epochs: 3, callbacks: liveChart(container, {Plot, metrics: ['acc']})});
 * container.querySelectorAll('svg').length; // → 1
 * ```
 */
export function liveChart(
  container: Element,
  options: HistoryChartOptions,
  ...more: undefined[]
): {onEpochEnd: (epoch: number, logs?: Readonly<Record<string, number>>) => void} {
  const given: unknown = container;
  if (!isElement(given))
    throw new Error(
      `liveChart takes an element of the page first, such as document.querySelector('#chart'); got ${shown(given)}.`,
    );
  const checked = checkedHistoryOptions('liveChart', 'container', options, more, given.ownerDocument);
  const epochs = new Map<number, Readonly<Record<string, number>>>();
  return {
    onEpochEnd: (epoch, logs = {}) => {
      for (const later of [...epochs.keys()].filter(one => one >= epoch)) epochs.delete(later);
      epochs.set(epoch, logs);
      const names = new Set([...epochs.values()].flatMap(Object.keys));
      // A value that only some epochs have is a gap in the others.
      const columns = [...names].map(name => [name, [...epochs.values()].map(one => one[name] ?? NaN)] as const);
      given.replaceChildren(chartOf({history: Object.fromEntries(columns), epoch: [...epochs.keys()]}, checked));
    },
  };
}

function checkedHistoryOptions(
  what: string,
  first: string,
  options: HistoryChartOptions | undefined,
  more: readonly unknown[],
  ownDocument?: Document,
): Checked {
  const checked = checkedOptions(
    what,
    first,
    options,
    {metrics: ['loss'], logY: true, yLabel: 'loss'},
    more,
    ownDocument,
  );
  const {metrics = ['loss'], logY = false, yLabel}: Partial<HistoryChartOptions> = {...options};
  if (!isNames(metrics))
    throw new Error(`'metrics' must be a list of one or more names, such as ['loss']; got ${shown(metrics)}.`);
  checkSwitch('logY', logY);
  if (yLabel === undefined) return {...checked, metrics, logY};
  if (typeof yLabel !== 'string') throw new Error(`'yLabel' must be a text, such as 'loss'; got ${shown(yLabel)}.`);
  return {...checked, metrics, logY, yLabel};
}

function chartOf(history: RecordedHistory, {metrics: named, logY, yLabel, ...options}: Checked): SVGSVGElement {
  const metrics = distinct(history, named);
  const {series, unit, places} = columnsOf(history, metrics);
  const pointsOf = (values: readonly number[]) => values.map((y, i) => ({x: at(places, i), y}));
  const lines = series.flatMap(({name, values, validation}, i): Line[] => {
    const look = lookOf(i);
    const line = {...look, name, points: pointsOf(values)};
    return validation === undefined
      ? [line]
      : [
          {...line, name: `${name}, training`},
          {...look, name: `${name}, validation`, dash: DASH, isHollow: true, points: pointsOf(validation)},
        ];
  });
  const [only, ...others] = metrics;
  return lineChart(
    {
      title: `${metrics.join(', ')} by ${unit}`,
      x: {label: unit, ticks: ticksOf(places)},
      y: {label: yLabel ?? (others.length === 0 ? only : undefined), log: logY},
      lines,
      legend: lines.length > 1 ? lines : [],
    },
    options,
  );
}

/** So many ticks that none is between two whole numbers. */
function ticksOf(places: readonly number[]): number {
  const [first = 1] = places;
  return Math.min(8, Math.max(1, (places.at(-1) ?? first) - first));
}

function isElement(x: unknown): x is Element {
  return (
    typeof x === 'object' && x !== null && 'replaceChildren' in x && 'ownerDocument' in x && x.ownerDocument !== null
  );
}
