import type {ChartSettings, Line, Point} from './chart';
import {html, svg} from './dom';
import type {Range, Scale} from './scales';
import {swatch} from './swatch';

/** The share of the x axis that an arrow key moves the cursor by. */
const KEY = 0.02;

/** A vertical line in a chart, moved by the pointer or by keys, and the values of all curves where it is. */
export class ChartCursor {
  readonly #host: HTMLElement;
  readonly #settings: ChartSettings;
  readonly #line: SVGLineElement;
  readonly #values = html('p', {class: 'values', 'aria-hidden': 'true'});
  #lines: readonly Line[] = [];
  #xs: Scale | undefined;
  #ends: Range = [0, 1];
  /** Where the cursor is on the x axis; undefined while there is none. */
  #x: number | undefined;

  /** @param height from where to where the line goes. */
  constructor(host: HTMLElement, root: SVGSVGElement, settings: ChartSettings, [top, bottom]: Range) {
    this.#host = host;
    this.#settings = settings;
    this.#line = svg('line', {class: 'cursor', y1: top, y2: bottom, visibility: 'hidden'});
    root.append(this.#line);
    host.append(this.#values);
    host.classList.add('has-cursor');
    for (const [name, value] of [
      ['role', 'slider'],
      ['tabindex', '0'],
      ['aria-label', `${settings.label}: values at a place`],
    ] as const)
      host.setAttribute(name, value);
    root.addEventListener('pointermove', ({clientX}) => {
      if (this.#xs !== undefined) this.#move(this.#xs.valueAt(clientX - root.getBoundingClientRect().left));
    });
    root.addEventListener('pointerleave', () => {
      this.#move(undefined);
    });
    host.addEventListener('keydown', event => {
      const x = this.#afterKey(event.key);
      if (x === undefined) return;
      event.preventDefault();
      this.#move(x);
    });
    host.addEventListener('blur', () => {
      this.#move(undefined);
    });
    this.#refresh();
  }

  /** Shows the values of these curves. @param xs the chart's x axis. */
  show(lines: readonly Line[], xs: Scale): void {
    this.#lines = lines;
    this.#xs = xs;
    const all = lines.flatMap(({points}) => [...points.slice(0, 1), ...points.slice(-1)]).map(({x}) => x);
    this.#ends = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
    this.#refresh();
  }

  #move(x: number | undefined): void {
    const [low, high] = this.#ends;
    this.#x = x === undefined ? undefined : Math.max(low, Math.min(high, x));
    this.#refresh();
  }

  #afterKey(key: string): number | undefined {
    const xs = this.#xs;
    const [low, high] = this.#ends;
    if (key === 'Home') return low;
    if (key === 'End') return high;
    const way = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1}[key];
    if (way === undefined || xs === undefined) return undefined;
    // The first key shows the end of the curves.
    if (this.#x === undefined) return high;
    const moved = xs.valueAt(xs.at(this.#x) + way * KEY * (xs.at(high) - xs.at(low)));
    return this.#settings.x.log === true ? moved : way > 0 ? Math.ceil(moved) : Math.floor(moved);
  }

  #refresh(): void {
    const {x, y} = this.#settings;
    const [low, high] = this.#ends;
    const now = this.#x ?? high;
    const found = this.#lines.flatMap(({name, look, points}) => {
      const point = nearest(points, now);
      return point === undefined ? [] : [{name, look, point}];
    });
    // All curves of a chart are shown at the place of one of their points.
    const place = found[0]?.point.x ?? now;
    const text = [x.format(place), ...found.map(({name, point}) => `${name} ${y.format(point.y)}`)].join(', ');
    for (const [name, value] of [
      ['aria-valuemin', low],
      ['aria-valuemax', high],
      ['aria-valuenow', place],
      ['aria-valuetext', found.length === 0 ? 'Nothing yet' : text],
    ] as const)
      this.#host.setAttribute(name, String(value));
    const isShown = this.#x !== undefined && found.length > 0 && this.#xs !== undefined;
    this.#line.setAttribute('visibility', isShown ? 'visible' : 'hidden');
    this.#values.hidden = !isShown;
    if (!isShown || this.#xs === undefined) return;
    const at = this.#xs.at(place);
    this.#line.setAttribute('x1', String(at));
    this.#line.setAttribute('x2', String(at));
    this.#values.replaceChildren(
      html('strong', {}, x.format(place)),
      ...found.map(({name, look, point}) => html('span', {}, swatch(look), `${name} ${y.format(point.y)}`)),
    );
  }
}

/** The point of a curve that is nearest to x. Points are ordered by x. */
function nearest(points: readonly Point[], x: number): Point | undefined {
  const after = points.findIndex(point => point.x >= x);
  const [left, right] = after === -1 ? [points.at(-1), undefined] : [points[after - 1], points[after]];
  if (left === undefined || right === undefined) return left ?? right;
  return x - left.x < right.x - x ? left : right;
}
