import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

/** One bar. */
export interface Bar {
  /** What is compared, such as a model: bars with the same title are together. */
  readonly title: string;
  readonly name: string;
  /** Its length; undefined where nothing was measured. */
  readonly ms: number | undefined;
  /** The text behind it. */
  readonly text: string;
}

const ROW = 24;
const TITLE = 34;
const [OURS, OTHERS] = ['#0b6e4f', '#9aa3b2'];

/**
 * An SVG image of horizontal bars, all on one scale. It has a white background of its own, because a page that shows it
 * can be light or dark.
 * @param ours the name of the bars that have a colour of their own.
 * @param label what the picture shows, for those who do not see it.
 */
export function barPicture(bars: readonly Bar[], ours: string, label: string): string {
  const {document} = parseHTML('<!doctype html><html><body></body></html>');
  const titles = [...new Set(bars.map(({title}) => title))];
  const names = [...new Set(bars.map(({name}) => name))];
  const measured = bars.flatMap(({ms, ...bar}) => (ms === undefined ? [] : [{...bar, ms}]));
  const svg = Plot.plot({
    document,
    width: 800,
    height: titles.length * (TITLE + ROW * names.length) + 14,
    marginTop: TITLE,
    marginLeft: 120,
    marginRight: 230,
    marginBottom: 14,
    style: {background: 'white', color: 'black', fontSize: '14px'},
    x: {domain: [0, Math.max(...measured.map(({ms}) => ms))], axis: null},
    y: {domain: names, label: null, tickSize: 0, padding: 0.2},
    fy: {domain: titles, axis: null, padding: TITLE / (TITLE + ROW * names.length)},
    marks: [
      Plot.barX(measured, {
        x: 'ms',
        y: 'name',
        fy: 'title',
        fill: ({name}: Bar) => (name === ours ? OURS : OTHERS),
      }),
      Plot.text(bars, {
        x: ({ms}: Bar) => (ms === undefined ? 0 : ms),
        y: 'name',
        fy: 'title',
        text: 'text',
        dx: 6,
        textAnchor: 'start',
      }),
      Plot.text(titles, {
        fy: (title: string) => title,
        text: (title: string) => title,
        frameAnchor: 'top-left',
        dx: -110,
        dy: -20,
        fontWeight: 'bold',
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return `${svg.outerHTML}\n`;
}
