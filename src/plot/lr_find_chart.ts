import {type ChartOptions, checkedOptions} from './chart_options';
import {checkFound, finderCurve, type FoundRates} from './finder_curve';
import {lineChart, lookOf} from './line_chart';
import {rounded} from './numbers';

/**
 * Draws the result of `lrFind` as SVG: the smoothed loss over the rate, on a logarithmic scale. A vertical line marks
 * the suggestion, and dots mark what each rule suggests. Where there are more than ten losses, the last five are left
 * out: the loss explodes there. Colors are as in `historyChart`.
 * @param found what `lrFind` resolves to.
 * @returns the element. Its description for those who do not see it is the `reason`.
 * @throws where `found` is something else, or an option is impossible.
 * @example
 * ```ts
 * import * as Plot from '@observablehq/plot';
 * import {parseHTML} from 'linkedom';
 * import {lrFindChart} from 'tfjs-optim/plot';
 *
 * const {document} = parseHTML('<html></html>'); // only in Node: a page has its own
 * model.compile({optimizer: adam(1e-3), loss: 'categoricalCrossentropy'});
 * const chart = lrFindChart(await lrFind(model, xs, ys, {numIt: 40}), {Plot, document, width: 480});
 * chart.getAttribute('width'); // → '480'
 * ```
 */
export function lrFindChart(found: FoundRates, options: ChartOptions, ...more: undefined[]): SVGSVGElement {
  checkFound('lrFindChart', 'first', found);
  const checked = checkedOptions('lrFindChart', 'found', options, {}, more);
  const {curve, suggested} = finderCurve(found);
  const {Plot} = checked;
  const {suggestion, reason} = found;
  const rules = suggested
    .filter(({rule}) => rule !== 'suggestion')
    .flatMap(({rule, nearest}, i) => (nearest === undefined ? [] : [{...lookOf(i + 1), name: rule, nearest}]));
  return lineChart(
    {
      title:
        suggestion === undefined
          ? 'smoothed loss by learning rate'
          : `smoothed loss by learning rate; suggestion ${short(suggestion)}`,
      description: reason,
      x: {label: 'learning rate', log: true},
      y: {label: 'smoothed loss'},
      lines: [{...lookOf(0), name: 'loss', points: curve.map(({lr, loss}) => ({x: lr, y: loss}))}],
      marks: [
        ...(suggestion === undefined ? [] : suggestionMarks(suggestion, curve, Plot)),
        ...rules.map(({color, nearest}) => Plot.dot([nearest], {x: 'lr', y: 'loss', fill: color, r: 4.5})),
      ],
      legend: rules.map(({color, name}) => ({color, name, isDot: true})),
    },
    checked,
  );
}

/** A line at the rate, with the rate on the side of it where there is more space. */
function suggestionMarks(
  lr: number,
  curve: ReadonlyArray<{readonly lr: number}>,
  Plot: ChartOptions['Plot'],
): object[] {
  const rates = curve.map(({lr: rate}) => rate);
  const isRight = lr > Math.sqrt(Math.min(...rates) * Math.max(...rates));
  return [
    Plot.ruleX([lr], {stroke: 'currentColor', strokeDasharray: '5,4'}),
    Plot.text([`suggestion ${short(lr)}`], {
      x: () => lr,
      frameAnchor: 'top',
      textAnchor: isRight ? 'end' : 'start',
      dx: isRight ? -6 : 6,
    }),
  ];
}

const short = (lr: number) => rounded(Number(lr.toPrecision(3)));
