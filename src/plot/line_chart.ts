import type {ChartOptions} from './chart_options';
import {type Entry, inkOf, legendOf} from './legend';
import {rounded} from './numbers';

/** One point. Where y is not finite, the line has a gap. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One line. */
export interface Line extends Entry {
  readonly points: readonly Point[];
}

/** One axis. */
export interface Axis {
  /** Undefined where the legend says what the values are. */
  readonly label: string | undefined;
  /** Whether the scale is logarithmic. Values that are not above 0 are left out there. */
  readonly log?: boolean;
  /** About how many ticks it has. Default: as many as fit. */
  readonly ticks?: number;
}

/** What is drawn. */
export interface Chart {
  /** What the chart shows, for those who do not see it. */
  readonly title: string;
  /** More about it, for those who do not see it. */
  readonly description?: string | undefined;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** Further marks of Observable Plot, above the lines. */
  readonly marks?: readonly object[];
  /** What the legend explains; none where it is empty. */
  readonly legend: readonly Entry[];
}

/**
 * Colors of lines. Each has a contrast of 3 or more, on white and on the black of dark pages, as WCAG 2.2 asks of
 * graphics.
 */
export const COLORS = ['#1f77b4', '#d95f02', '#2ca02c', '#9467bd', '#d62728', '#8c6d31', '#7f7f7f'] as const;
/** Lines of the same color have different dashes. */
const DASHES = [undefined, '2,4', '8,3'] as const;

/** About how many ticks a vertical logarithmic scale has: with more of them, it has 45 lines in five decades. */
const LOG_TICKS = 5;

/** How the line with this number looks. */
export function lookOf(i: number): Pick<Entry, 'color' | 'dash'> {
  const color = COLORS[i % COLORS.length] ?? COLORS[0];
  const dash = DASHES[Math.floor(i / COLORS.length) % DASHES.length];
  return dash === undefined ? {color} : {color, dash};
}

/** Draws lines, with the document and the size of the options. */
export function lineChart(
  {title, description, x, y, lines, marks = [], legend}: Chart,
  {Plot, document, width, height}: Required<ChartOptions>,
): SVGSVGElement {
  const drawn = lines.map(line => ({...line, points: line.points.map(point => drawable(point, x, y))}));
  const dotted = new Set(drawn.filter(line => isDotted(line.points)).map(({name}) => name));
  const entries = legend.map(entry => (dotted.has(entry.name) ? {...entry, isDot: true} : entry));
  const {rows, element} = legendOf(entries, document, width);
  const points = drawn.flatMap(line => line.points);
  const [places, values] = [points.map(point => point.x), points.map(point => point.y)];
  const missing = wordsForNone(points, lines, y);
  const chart = Plot.plot({
    document,
    width,
    height,
    marginTop: 16 + rows,
    marginLeft: 72,
    marginRight: 24,
    marginBottom: 44,
    style: {fontSize: '12px'},
    ariaLabel: title,
    ariaDescription: description ?? missing,
    x: scaleOf(x, places),
    y: {...scaleOf(y, values), ticks: y.log === true ? LOG_TICKS : undefined, nice: y.log !== true, grid: true},
    marks: [
      ...drawn.map(({points: of, color, dash}) =>
        Plot.line(of, {x: 'x', y: 'y', stroke: color, strokeWidth: 1.75, strokeDasharray: dash}),
      ),
      ...drawn.map(({points: of, color, isHollow = false}) =>
        Plot.dot(alone(of), {x: 'x', y: 'y', ...inkOf(color, isHollow), r: 3}),
      ),
      ...(missing === undefined ? [] : [Plot.text([missing], {frameAnchor: 'middle'})]),
      ...marks,
    ],
  });
  if (!isSvg(chart)) throw new Error('Observable Plot made another element than an SVG. Use version 0.6 of it.');
  // A picture as a whole: screen readers then read its label, and not each tick.
  chart.setAttribute('role', 'img');
  if (legend.length > 0) chart.append(element);
  return chart;
}

/** A point without what its scales cannot show. */
function drawable({x, y}: Point, ofX: Axis, ofY: Axis): Point {
  const value = (at: number, {log = false}: Axis) => (Number.isFinite(at) && (!log || at > 0) ? at : NaN);
  return {x: value(x, ofX), y: value(y, ofY)};
}

/** The points between two gaps: a line through one point is not visible. */
function alone(points: readonly Point[]): Point[] {
  const isGap = (i: number) => !isShown(points[i]);
  return points.filter((point, i) => isShown(point) && isGap(i - 1) && isGap(i + 1));
}

/** Whether a line is only dots, each between two gaps. */
function isDotted(points: readonly Point[]): boolean {
  const shown = points.filter(isShown);
  return shown.length > 0 && alone(points).length === shown.length;
}

/** The words in a chart without points. @param points those that the scales can show. */
function wordsForNone(points: readonly Point[], lines: readonly Line[], {log = false}: Axis): string | undefined {
  if (points.some(isShown)) return undefined;
  return log && lines.some(line => line.points.some(({y}) => Number.isFinite(y)))
    ? 'no values above 0'
    : 'no finite values';
}

const isShown = (point: Point | undefined) => point !== undefined && !Number.isNaN(point.x) && !Number.isNaN(point.y);

function scaleOf({label, log = false, ticks}: Axis, values: readonly number[]): object {
  return {
    type: log ? 'log' : 'linear',
    label: label ?? null,
    labelAnchor: 'center',
    labelArrow: 'none',
    ticks,
    tickFormat: rounded,
    // Without a value there is no range.
    domain: values.every(value => Number.isNaN(value)) ? [log ? 0.1 : 0, 1] : undefined,
  };
}

function isSvg(chart: Element): chart is SVGSVGElement {
  return chart.tagName.toLowerCase() === 'svg';
}
