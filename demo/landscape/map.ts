import {at, defined} from '../../examples/support/lookup';
import {html, svg} from '../shared/dom';
import {lookOf} from '../shared/look';
import {short} from '../shared/numbers';
import {linear, type Range} from '../shared/scales';
import {contoursOf} from './contours';
import type {LandscapeFunction, Point2} from './functions';
import type {Descent, Race} from './race';

/** The side of the map in units of its drawings. */
const SIDE = 1000;
/** An arrow key moves the start by this share of the map's width; with Shift by a tenth of it. */
const KEY = 0.02;
/** The pointer is at a path's point within this many pixels. */
const NEAR = 14;
const ARROWS: Readonly<Record<string, Point2>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowDown: [0, -1],
  ArrowUp: [0, 1],
};

/** How much of a path is drawn. */
interface Drawn {
  points: number;
  /** In pixels, so that dashes go on where they ended. */
  length: number;
}

/** A function's contours, the paths on them, and the start that the visitor moves. */
export class LandscapeMap {
  readonly #host: HTMLElement;
  readonly #readout: HTMLElement;
  readonly #contours = svg('svg', {class: 'contours', viewBox: `0 0 ${SIDE} ${SIDE}`, role: 'img'});
  readonly #canvas = html('canvas', {'aria-hidden': 'true'});
  readonly #context: CanvasRenderingContext2D;
  readonly #dots = svg('svg', {class: 'dots', viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': 'true'});
  readonly #handle = html('button', {type: 'button', class: 'start'});
  #f: LandscapeFunction | undefined;
  #parameter = 0;
  #start: Point2 = [0, 0];
  #race: Race | undefined;
  #drawn = new Map<Descent, Drawn>();
  #circles = new Map<Descent, SVGCircleElement>();

  /** @param moved is called when the visitor moved the start. */
  constructor(host: HTMLElement, readout: HTMLElement, moved: (start: Point2) => void) {
    this.#host = host;
    this.#readout = readout;
    this.#context = defined(this.#canvas.getContext('2d'), 'canvas in this browser');
    host.append(this.#contours, this.#canvas, this.#dots, this.#handle);
    this.#listen(moved);
    new ResizeObserver(() => {
      this.#resize();
    }).observe(host);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#resize();
    });
  }

  /** Shows a function. */
  show(f: LandscapeFunction, parameter: number): void {
    if (f === this.#f && parameter === this.#parameter) return;
    this.#f = f;
    this.#parameter = parameter;
    const cross = 9;
    this.#contours.setAttribute(
      'aria-label',
      `Contours of ${f.title}. x from ${f.x.join(' to ')}, y from ${f.y.join(' to ')}. ` +
        `Lowest at ${f.minima.map(([x, y]) => `(${short(x)}, ${short(y)})`).join(' and ')}.`,
    );
    this.#contours.replaceChildren(
      ...contoursOf(f, parameter).map(({rings}) => svg('path', {d: rings.map(ring => this.#ring(ring)).join('')})),
      ...this.#ticks(f.x, x => ({x: this.#across(x), y: SIDE - 14, 'text-anchor': 'middle'})),
      ...this.#ticks(f.y, y => ({x: 14, y: this.#down(y), dy: '0.35em'})),
      ...f.minima.map(([x, y]) => {
        const [a, b] = [this.#across(x), this.#down(y)];
        return svg('path', {
          class: 'minimum',
          d: `M${a - cross} ${b - cross}l${2 * cross} ${2 * cross}m0 ${-2 * cross}l${-2 * cross} ${2 * cross}`,
        });
      }),
    );
  }

  /** Shows a race: what is new of its paths. */
  draw(race: Race): void {
    if (race !== this.#race) this.#begin(race);
    for (const descent of race.descents) {
      this.#extend(descent);
      const circle = defined(this.#circles.get(descent), `dot of ${descent.name}`);
      const [x, y] = descent.at;
      const isSeen = Number.isFinite(x) && Number.isFinite(y);
      circle.setAttribute('visibility', isSeen ? 'visible' : 'hidden');
      if (isSeen) circle.setAttribute('transform', `translate(${this.#across(x)} ${this.#down(y)})`);
    }
  }

  #begin(race: Race): void {
    this.#race = race;
    this.#start = race.setup.start;
    const [x, y] = this.#start;
    this.#handle.style.left = `${this.#across(x) / (SIDE / 100)}%`;
    this.#handle.style.top = `${this.#down(y) / (SIDE / 100)}%`;
    this.#handle.setAttribute('aria-label', `Start at x ${x}, y ${y}. The arrow keys move it.`);
    this.#circles = new Map(
      race.descents.map(descent => [descent, svg('circle', {r: 13, fill: `var(--${lookOf(descent.name).hue})`})]),
    );
    this.#dots.replaceChildren(...this.#circles.values());
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#drawn = new Map(race.descents.map(descent => [descent, {points: 1, length: 0}]));
  }

  #extend(descent: Descent): void {
    const {path, name} = descent;
    const drawn = defined(this.#drawn.get(descent), `drawn path of ${name}`);
    if (drawn.points >= path.length || this.#canvas.width === 0) return;
    const scale = this.#canvas.width / SIDE;
    const ratio = this.#canvas.width / this.#host.clientWidth;
    const {hue, dash} = lookOf(name);
    const context = this.#context;
    context.strokeStyle = getComputedStyle(this.#host).getPropertyValue(`--${hue}`);
    context.lineWidth = 2.25 * ratio;
    context.lineJoin = 'round';
    context.setLineDash(dash === 'none' ? [] : dash.split(' ').map(length => Number(length) * ratio));
    context.lineDashOffset = drawn.length;
    context.beginPath();
    let [x, y] = this.#pixels(at(path, drawn.points - 1), scale);
    context.moveTo(x, y);
    for (const point of path.slice(drawn.points)) {
      const [nextX, nextY] = this.#pixels(point, scale);
      context.lineTo(nextX, nextY);
      drawn.length += Math.hypot(nextX - x, nextY - y);
      [x, y] = [nextX, nextY];
    }
    context.stroke();
    drawn.points = path.length;
  }

  /** Where a point is on the canvas. A diverged path ends far outside of it. */
  #pixels([x, y]: Point2, scale: number): Point2 {
    const limited = (pixel: number) => (Number.isNaN(pixel) ? -SIDE : Math.max(-9 * SIDE, Math.min(9 * SIDE, pixel)));
    return [limited(this.#across(x) * scale), limited(this.#down(y) * scale)];
  }

  #resize(): void {
    const size = Math.round(this.#host.clientWidth * devicePixelRatio);
    this.#canvas.width = size;
    this.#canvas.height = size;
    const race = this.#race;
    if (race === undefined) return;
    this.#begin(race);
    this.draw(race);
  }

  #listen(moved: (start: Point2) => void): void {
    const handle = this.#handle;
    handle.addEventListener('pointerdown', event => {
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener('pointermove', event => {
      if (handle.hasPointerCapture(event.pointerId)) moved(this.#placeOf(event));
    });
    handle.addEventListener('keydown', event => {
      const arrow = ARROWS[event.key];
      if (arrow === undefined || this.#f === undefined) return;
      event.preventDefault();
      const [left, right] = this.#f.x;
      const by = KEY * (right - left) * (event.shiftKey ? 0.1 : 1);
      const [x, y] = this.#start;
      moved([rounded(x + by * arrow[0]), rounded(y + by * arrow[1])]);
    });
    this.#host.addEventListener('click', event => {
      // A click on the handle ends a drag.
      if (event.target !== handle) moved(this.#placeOf(event));
    });
    this.#host.addEventListener('pointermove', event => {
      this.#readout.textContent = this.#valuesAt(this.#placeOf(event));
    });
    this.#host.addEventListener('pointerleave', () => {
      this.#readout.textContent = '';
    });
  }

  /** What the map has at a place, in words. */
  #valuesAt([x, y]: Point2): string {
    const f = this.#f;
    if (f === undefined) return '';
    const here = `x ${short(x)}, y ${short(y)}: value ${short(f.value(x, y, this.#parameter))}`;
    const [left, right] = f.x;
    let least = (NEAR * (right - left)) / this.#host.clientWidth;
    let nearest = '';
    for (const {name, path, values} of this.#race?.descents ?? []) {
      path.forEach(([a, b], step) => {
        const away = Math.hypot(a - x, b - y);
        if (away >= least) return;
        least = away;
        nearest = `. ${name} after step ${step}: value ${short(at(values, step))}`;
      });
    }
    return here + nearest;
  }

  #placeOf({clientX, clientY}: MouseEvent): Point2 {
    const {left, top, width, height} = this.#host.getBoundingClientRect();
    const {x, y} = defined(this.#f, 'function on the map');
    const inside = (share: number) => Math.max(0, Math.min(1, share));
    const [across, down] = [inside((clientX - left) / width), inside((clientY - top) / height)];
    return [rounded(x[0] + across * (x[1] - x[0])), rounded(y[1] + down * (y[0] - y[1]))];
  }

  #across(x: number): number {
    const [left, right] = defined(this.#f, 'function on the map').x;
    return ((x - left) / (right - left)) * SIDE;
  }

  #down(y: number): number {
    const [bottom, top] = defined(this.#f, 'function on the map').y;
    return ((top - y) / (top - bottom)) * SIDE;
  }

  #ring(ring: readonly Point2[]): string {
    return `M${ring.map(([x, y]) => `${this.#across(x).toFixed(1)} ${this.#down(y).toFixed(1)}`).join('L')}Z`;
  }

  #ticks(range: Range, place: (tick: number) => Readonly<Record<string, string | number>>): SVGTextElement[] {
    const [low, high] = range;
    return linear(range, range)
      .ticks.filter(tick => tick > low + 0.06 * (high - low) && tick < high - 0.04 * (high - low))
      .map(tick => svg('text', place(tick), short(tick)));
  }
}

function rounded(x: number): number {
  return Number(x.toFixed(3));
}
