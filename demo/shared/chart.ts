import {ChartCursor} from './chart_cursor';
import {svg} from './dom';
import type {Look} from './look';
import {linear, logarithmic, type Range, type Scale} from './scales';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A curve. */
export interface Line {
  readonly name: string;
  readonly look: Look;
  readonly points: readonly Point[];
}

/** The scale and the labels of an axis. */
export interface Axis {
  readonly log?: boolean;
  /** The ends of the axis. By default they are the smallest and the largest value. */
  readonly range?: Range;
  readonly format: (value: number) => string;
}

export interface ChartSettings {
  /** What the chart shows, for screen readers. */
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
}

const HEIGHT = 210;
const MARGIN = {top: 8, right: 10, bottom: 22, left: 46};
/** The most points that a curve is drawn with. More are not visible at the width of a chart. */
const POINTS = 400;

/** The length of the pieces in which equal curves take turns. */
const PIECE = 12;

/** A line chart in SVG. `draw` replaces the curves, and the axes if they changed. */
export class LineChart {
  readonly #settings: ChartSettings;
  readonly #root = svg('svg', {role: 'img', class: 'chart'});
  readonly #axes = svg('g', {class: 'axes'});
  readonly #curves = svg('g', {class: 'curves'});
  readonly #cursor: ChartCursor;
  #drawnAxes = '';
  #width = 0;
  #last: Parameters<LineChart['draw']> = [[]];

  constructor(host: HTMLElement, settings: ChartSettings) {
    this.#settings = settings;
    this.#root.append(this.#axes, this.#curves);
    host.append(this.#root);
    this.#cursor = new ChartCursor(host, this.#root, settings, [MARGIN.top, HEIGHT - MARGIN.bottom]);
    new ResizeObserver(entries => {
      for (const {contentRect} of entries) this.#width = Math.round(contentRect.width);
      this.draw(...this.#last);
    }).observe(host);
  }

  /**
   * @param xEnd the smallest value at which the x axis may end.
   * @param mark an x to mark with a vertical line.
   */
  draw(
    lines: readonly Line[],
    {xEnd, mark}: {readonly xEnd?: number | undefined; readonly mark?: number | undefined} = {},
  ): void {
    this.#last = [lines, {xEnd, mark}];
    if (this.#width === 0) return;
    const {x, y, label} = this.#settings;
    const points = lines.flatMap(line => line.points).filter(point => isDrawn(point, y));
    const xs = scaleOf(
      x,
      [...points.map(point => point.x), ...(xEnd === undefined ? [] : [0, xEnd])],
      [MARGIN.left, this.#width - MARGIN.right],
    );
    const ys = scaleOf(
      y,
      points.map(point => point.y),
      [HEIGHT - MARGIN.bottom, MARGIN.top],
    );
    this.#drawAxes(xs, ys, points.length === 0);
    this.#curves.replaceChildren(
      ...(mark === undefined
        ? []
        : [
            svg('line', {class: 'mark', x1: xs.at(mark), x2: xs.at(mark), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom}),
          ]),
      ...inTurns(
        lines.map(({look, points: all}) => ({
          look,
          d: pathOf(thinned(all.filter(point => isDrawn(point, y))), xs, ys),
        })),
      ),
    );
    this.#cursor.show(lines, xs);
    const values = lines.flatMap(({name, points: all}) => all.slice(-1).map(point => `${name} ${y.format(point.y)}`));
    this.#root.setAttribute('aria-label', `${label}. ${values.length === 0 ? 'Nothing yet.' : values.join(', ')}`);
  }

  #drawAxes(xs: Scale, ys: Scale, isEmpty: boolean): void {
    const {x, y} = this.#settings;
    const bottom = HEIGHT - MARGIN.bottom;
    const key = [
      this.#width,
      isEmpty,
      ...xs.ticks.map(tick => xs.at(tick)),
      ...ys.ticks,
      ...ys.ticks.map(tick => ys.at(tick)),
    ].join();
    if (key === this.#drawnAxes) return;
    this.#drawnAxes = key;
    this.#root.setAttribute('viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    if (isEmpty) {
      this.#axes.replaceChildren(
        svg('text', {x: this.#width / 2, y: HEIGHT / 2, 'text-anchor': 'middle'}, 'Nothing yet'),
      );
      return;
    }
    this.#axes.replaceChildren(
      ...ys.ticks.flatMap(tick => [
        svg('line', {x1: MARGIN.left, x2: this.#width - MARGIN.right, y1: ys.at(tick), y2: ys.at(tick)}),
        svg('text', {x: MARGIN.left - 8, y: ys.at(tick), dy: '0.32em', 'text-anchor': 'end'}, y.format(tick)),
      ]),
      svg('line', {class: 'base', x1: MARGIN.left, x2: this.#width - MARGIN.right, y1: bottom, y2: bottom}),
      ...xs.ticks.map(tick => svg('text', {x: xs.at(tick), y: HEIGHT - 4, 'text-anchor': 'middle'}, x.format(tick))),
    );
  }
}

/** The paths of curves. Of equal ones, which would hide each other, each shows every n-th piece. */
function inTurns(curves: ReadonlyArray<{readonly look: Look; readonly d: string}>): SVGPathElement[] {
  return curves.map(({look, d}, i) => {
    const equal = curves.flatMap((curve, j) => (curve.d === d ? [j] : []));
    const dashes: Readonly<Record<string, string | number>> =
      equal.length === 1
        ? {'stroke-dasharray': look.dash}
        : {
            'stroke-dasharray': `${PIECE} ${(equal.length - 1) * PIECE}`,
            'stroke-dashoffset': -PIECE * equal.indexOf(i),
          };
    return svg('path', {d, stroke: `var(--${look.hue})`, ...dashes});
  });
}

function isDrawn({y}: Point, axis: Axis): boolean {
  return Number.isFinite(y) && (axis.log !== true || y > 0);
}

function scaleOf({log = false, range}: Axis, values: readonly number[], pixels: Range): Scale {
  const [low, high] = range ?? endsOf(values, log);
  return log ? logarithmic([low, high], pixels) : linear([low, high], pixels);
}

function endsOf(values: readonly number[], log: boolean): Range {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low > high) return log ? [0.01, 1] : [0, 1];
  if (low < high) return [low, high];
  return log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
}

/** Every n-th point and the last one: about `POINTS` of them. */
function thinned(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / POINTS);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

function pathOf(points: readonly Point[], xs: Scale, ys: Scale): string {
  return points.map(({x, y}, i) => `${i === 0 ? 'M' : 'L'}${xs.at(x).toFixed(1)} ${ys.at(y).toFixed(1)}`).join('');
}
