import {checkOptions} from '../util/options';
import {shown} from '../util/shown';

/** Colors of a file. A picture on a page does not have the colors of the page. */
export interface SvgTextOptions {
  /** The color of text, axes and grid, as CSS writes it. Default `'black'`. */
  readonly color?: string;
  /** The color behind the chart, as CSS writes it; `'none'` for none. Default `'white'`. */
  readonly background?: string;
}

/**
 * A chart as the complete text of an SVG file. The file opens in browsers and editors, and pages show it as a picture.
 * Everything but the lines has the color `color`, on the background.
 * @param chart an element that a function of this entry returned, or another SVG element.
 * @throws where the chart is not an SVG element, or an option is unknown or not a text.
 * @example
 * ```ts
 * import * as Plot from '@observablehq/plot';
 * import {parseHTML} from 'linkedom';
 * import {historyChart, svgText} from 'tfjs-optim/plot';
 *
 * const {document} = parseHTML('<html></html>');
 * const chart = historyChart({history: {loss: [2, 1, 0.5]}}, {Plot, document});
 * svgText(chart).slice(0, 39); // → '<svg xmlns="http://www.w3.org/2000/svg"'
 * ```
 */
export function svgText(chart: SVGSVGElement, options: SvgTextOptions = {}, ...more: undefined[]): string {
  checkOptions('svgText', options, ['color', 'background'], more, 'chart, ');
  const {color = 'black', background = 'white'} = options;
  checkColor('color', color);
  checkColor('background', background);
  const given: unknown = chart;
  if (!isSvg(given)) throw new Error(`svgText takes an SVG element first, such as a chart; got ${shown(given)}.`);
  const behind = tag(
    'rect',
    [
      ['width', '100%'],
      ['height', '100%'],
      ['fill', background],
    ],
    '',
  );
  const own = attributesOf(given).filter(([name]) => name !== 'xmlns' && name !== 'color');
  return `${tag('svg', [['xmlns', NAMESPACE], ['color', color], ...own], `${behind}${insideOf(given)}`)}\n`;
}

type Attribute = readonly [name: string, value: string];

const NAMESPACE = 'http://www.w3.org/2000/svg';
const [ELEMENT, TEXT] = [1, 3];

/** A node as XML. `outerHTML` is not: linkedom leaves `&` in attributes as it is, and browsers write `&nbsp;`. */
function xmlOf(node: Node): string {
  if (isElement(node)) return tag(node.localName, attributesOf(node), insideOf(node));
  return node.nodeType === TEXT ? escaped(node.textContent ?? '') : '';
}

const insideOf = (element: Element): string => Array.from(element.childNodes, xmlOf).join('');

function tag(name: string, attributes: readonly Attribute[], inside: string): string {
  return `<${name}${attributes.map(([key, value]) => ` ${key}="${escaped(value)}"`).join('')}>${inside}</${name}>`;
}

const attributesOf = (element: Element): Attribute[] =>
  Array.from(element.attributes, ({name, value}) => [name, value] as const);

const ESCAPES: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};
const escaped = (text: string): string => text.replace(/[&<>"]/g, char => ESCAPES[char] ?? char);

function checkColor(name: string, value: unknown): void {
  if (typeof value !== 'string') throw new Error(`'${name}' must be a color of CSS, a text; got ${shown(value)}.`);
}

function isElement(node: Node): node is Element {
  return node.nodeType === ELEMENT;
}

function isSvg(x: unknown): x is Element {
  return typeof x === 'object' && x !== null && 'localName' in x && x.localName === 'svg';
}
