import {checkOptions, checkPositive} from '../util/options';
import {isPlain, shown} from '../util/shown';

/** The used part of Observable Plot. Pass in all of it: `import * as Plot from '@observablehq/plot'`. */
export interface PlotLibrary {
  /** Draws marks. */
  plot(options: object): SVGSVGElement | HTMLElement;
  /** A line through points. */
  line(data: readonly object[], options: object): object;
  /** Points. */
  dot(data: readonly object[], options: object): object;
  /** Vertical lines. */
  ruleX(data: readonly number[], options: object): object;
  /** Words. */
  text(data: readonly string[], options: object): object;
}

/** What all charts take. */
export interface ChartOptions {
  /** Observable Plot, of version 0.6: `import * as Plot from '@observablehq/plot'`. */
  readonly Plot: PlotLibrary;
  /**
   * The document that makes the elements. Default: that of the page. Where there is none, as in Node, pass one of
   * linkedom or jsdom.
   */
  readonly document?: Document;
  /** The width in pixels, positive. A page that is narrower shows the chart smaller. Default 640. */
  readonly width?: number;
  /** The height in pixels, with the legend; positive. Default 360. */
  readonly height?: number;
}

/** What all charts take, with usual values. */
const OF_ALL = {Plot: undefined, document: undefined, width: 640, height: 360};
const FUNCTIONS = ['plot', 'line', 'dot', 'ruleX', 'text'] as const satisfies ReadonlyArray<keyof PlotLibrary>;

/**
 * The options of a chart, with their defaults.
 * @param what the function as errors call it.
 * @param first its argument before the options.
 * @param own the options that only this chart has, with usual values.
 * @param more the arguments after the options.
 * @param ownDocument the document where none is given; default that of the page.
 * @throws for an unknown option, for a library that is not Observable Plot, where there is no document, and for a size
 *   that is not positive.
 */
export function checkedOptions(
  what: string,
  first: string,
  options: ChartOptions | undefined,
  own: Readonly<Record<string, unknown>>,
  more: readonly unknown[],
  ownDocument: Document = globalThis.document,
): Required<ChartOptions> {
  if (isPlot(options))
    throw new Error(`${what} takes its settings in an object; got Plot. Write ${what}(${first}, {Plot}).`);
  checkOptions(what, options ?? {}, {...own, ...OF_ALL}, more, `${first}, `);
  const {Plot, document: given = ownDocument, width = 640, height = 360}: Partial<ChartOptions> = {...options};
  checkPositive('width', width);
  checkPositive('height', height);
  return {Plot: plotIn(Plot), document: documentIn(given), width, height};
}

function plotIn(x: unknown): PlotLibrary {
  if (isPlot(x)) return x;
  const got =
    typeof x === 'object' && x !== null && !(x instanceof Promise) ? `an object without ${lacking(x)}` : shown(x);
  throw new Error(
    `'Plot' must be Observable Plot; got ${got}. Pass {Plot} after: import * as Plot from '@observablehq/plot'.`,
  );
}

function documentIn(x: unknown): Document {
  if (isDocument(x)) return x;
  throw new Error(
    `'document' must be a document; got ${isPlain(x) ? 'another object' : shown(x)}. Where there is no page, as in ` +
      "Node, pass {document: parseHTML('<html></html>').document} after: import {parseHTML} from 'linkedom'.",
  );
}

function isPlot(x: unknown): x is PlotLibrary {
  return typeof x === 'object' && x !== null && lacking(x) === '';
}

/** The names of the functions that an object lacks to be Observable Plot. */
function lacking(x: object): string {
  return FUNCTIONS.filter(name => typeof Reflect.get(x, name) !== 'function').join(', ');
}

function isDocument(x: unknown): x is Document {
  return (
    typeof x === 'object' &&
    x !== null &&
    'createElementNS' in x &&
    'documentElement' in x &&
    x.documentElement !== null
  );
}
