import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

import {adam, cos, lin, oneCycle, slice} from '../../src';
import {type FoundRates, historyChart, liveChart, lrFindChart, scheduleCharts, svgText} from '../../src/plot';
import {COLORS} from '../../src/plot/line_chart';
import {present} from '../support/present';

const {document} = parseHTML('<html></html>');
const options = {Plot, document};

/** Calls a function as JavaScript can: with arguments that its types exclude. */
const call = (f: (...args: never[]) => unknown, ...args: readonly unknown[]): unknown =>
  Reflect.apply(f, undefined, args);

/** The texts of the elements that match. */
const texts = (chart: Element, selector: string) =>
  Array.from(chart.querySelectorAll(selector), ({textContent}) => textContent);
const legendOf = (chart: Element) => texts(chart, '[aria-label="legend"] text');
const axesOf = (chart: Element) => texts(chart, '[aria-label$="-axis label"] text');
const ticksOf = (chart: Element, axis: 'x' | 'y') => texts(chart, `[aria-label="${axis}-axis tick label"] text`);
/** The attributes of the elements that match. */
const attributes = (chart: Element, selector: string, name: string) =>
  Array.from(chart.querySelectorAll(selector), element => present(element.getAttribute(name)));
const pathsOf = (chart: Element) => attributes(chart, '[aria-label="line"] path', 'd');
const dotsOf = (chart: Element) =>
  Array.from(chart.querySelectorAll('[aria-label="dot"] circle'), circle =>
    ['cx', 'cy'].map(name => Number(circle.getAttribute(name))),
  );
/** The place of each tick of an axis, by its label. */
function placesOf(chart: Element, axis: 'x' | 'y'): ReadonlyMap<string, number> {
  const ticks = Array.from(chart.querySelectorAll(`[aria-label="${axis}-axis tick label"] text`), text => {
    const [, x, y] = present(/translate\(([\d.]+),([\d.]+)\)/.exec(present(text.getAttribute('transform'))));
    return [present(text.textContent), Number(axis === 'x' ? x : y)] as const;
  });
  return new Map(ticks);
}

/** The history of a fit with this many epochs. */
function historyOf(epochs: number, {validates = false} = {}) {
  const loss = Array.from({length: epochs}, (_, i) => 2 / (i + 1));
  const acc = loss.map(value => 1 - value / 3);
  return {
    history: {loss, acc, ...(validates ? {val_loss: loss.map(value => value + 0.1), val_acc: acc} : {})},
    epoch: loss.map((_, i) => i),
  };
}

describe('historyChart', () => {
  it('draws the loss by epoch', () => {
    const chart = historyChart(historyOf(5), options);
    expect(chart.localName).toBe('svg');
    expect(pathsOf(chart).map(path => path.split('L').length)).toEqual([5]);
    expect(axesOf(chart)).toEqual(['loss', 'epoch']);
    expect(ticksOf(chart, 'x')).toEqual(['1', '2', '3', '4', '5']);
    expect(legendOf(chart)).toEqual([]);
    expect(chart.getAttribute('role')).toBe('img');
    expect(chart.getAttribute('aria-label')).toBe('loss by epoch');
  });

  it('draws validation as dashed lines of the same color, and explains the lines', () => {
    const chart = historyChart(historyOf(5, {validates: true}), {...options, metrics: ['loss', 'acc']});
    expect(pathsOf(chart).length).toBe(4);
    expect(legendOf(chart)).toEqual(['loss, training', 'loss, validation', 'acc, training', 'acc, validation']);
    const lines = '[aria-label="line"]';
    expect(attributes(chart, lines, 'stroke')).toEqual([COLORS[0], COLORS[0], COLORS[1], COLORS[1]]);
    const dashes = Array.from(chart.querySelectorAll(lines), line => line.getAttribute('stroke-dasharray'));
    expect(dashes).toEqual([null, '5,4', null, '5,4']);
    expect(attributes(chart, '[aria-label="legend"] path', 'stroke')).toEqual(attributes(chart, lines, 'stroke'));
    expect(axesOf(chart)).toEqual(['epoch']);
    const labelled = {...options, metrics: ['loss', 'acc'], yLabel: 'loss, accuracy'};
    expect(axesOf(historyChart(historyOf(5), labelled))).toEqual(['loss, accuracy', 'epoch']);
  });

  it('draws what record wrote: values by step, and hypers with a line per group that differs', () => {
    const history = {
      history: {
        loss: [1],
        batch_loss: [3, 2, 1],
        lr_0: [1, 2, 3],
        lr_1: [4, 5, 6],
        lr_2: [4, 5, 6],
        wd_0: [0],
        wd_1: [0],
      },
      epoch: [0],
    };
    const batches = historyChart(history, {...options, metrics: ['batch_loss']});
    expect(axesOf(batches)).toEqual(['batch_loss', 'step']);
    expect(ticksOf(batches, 'x')).toEqual(['1', '2', '3']);
    const rates = historyChart(history, {...options, metrics: ['lr']});
    expect(legendOf(rates)).toEqual(['lr, group 0', 'lr, groups 1, 2']);
    expect(pathsOf(rates).length).toBe(2);
    const decays = historyChart(history, {...options, metrics: ['wd']});
    expect([pathsOf(decays).length, legendOf(decays)]).toEqual([1, []]);
  });

  it('leaves gaps where values are NaN or infinite, and shows lonely values as dots', () => {
    const loss = [3, NaN, 2, Infinity, 1, 0.5];
    const chart = historyChart({history: {loss}, epoch: loss.map((_, i) => i)}, options);
    expect(pathsOf(chart)[0]?.match(/L/g)?.length).toBe(1);
    expect(dotsOf(chart).length).toBe(2);
    expect(chart.outerHTML).not.toMatch(/NaN|Infinity/);
    expect(dotsOf(chart).map(([x]) => x)).toEqual(['1', '3'].map(label => placesOf(chart, 'x').get(label)));
  });

  it('shows one epoch as a dot', () => {
    const chart = historyChart({history: {loss: [0.5]}, epoch: [0]}, options);
    expect(dotsOf(chart)).toEqual([
      [present(placesOf(chart, 'x').get('1')), present(placesOf(chart, 'y').get('0.5'))],
    ]);
  });

  it('tells training and validation apart after one epoch: the dot of validation is hollow', () => {
    const chart = historyChart({history: {loss: [0.5], val_loss: [0.5]}, epoch: [0]}, options);
    const inks = (selector: string) =>
      Array.from(chart.querySelectorAll(selector), dot => ['fill', 'stroke'].map(name => dot.getAttribute(name)));
    expect(inks('[aria-label="dot"]')).toEqual([
      [COLORS[0], null],
      ['none', COLORS[0]],
    ]);
    expect(legendOf(chart)).toEqual(['loss, training', 'loss, validation']);
    expect(inks('[aria-label="legend"] circle')).toEqual([
      [COLORS[0], 'none'],
      ['none', COLORS[0]],
    ]);
    expect(chart.querySelectorAll('[aria-label="legend"] path').length).toBe(0);
  });

  it('draws each metric once, and validation with its metric', () => {
    const history = historyOf(4, {validates: true});
    const twice = historyChart(history, {...options, metrics: ['val_loss', 'loss', 'val_loss', 'loss']});
    expect(svgText(twice)).toBe(svgText(historyChart(history, {...options, metrics: ['loss']})));
    const alone = historyChart(history, {...options, metrics: ['val_loss']});
    expect([axesOf(alone), legendOf(alone)]).toEqual([['val_loss', 'epoch'], []]);
    expect(() => historyChart(historyOf(4), {...options, metrics: ['loss', 'val_loss']})).toThrowError(
      /^The history has no 'val_loss'; it has loss, acc\./,
    );
  });

  it('says so where there is no value', () => {
    const histories: ReadonlyArray<Readonly<Record<string, number[]>>> = [
      {},
      {loss: []},
      {loss: [NaN]},
      {loss: [NaN, Infinity], val_loss: [NaN, NaN]},
    ];
    for (const history of histories)
      for (const logY of [false, true]) {
        const chart = historyChart(
          {history, epoch: [0, 1].slice(0, Object.values(history)[0]?.length ?? 0)},
          {...options, logY},
        );
        expect([pathsOf(chart).join(''), dotsOf(chart).length]).toEqual(['', 0]);
        expect(axesOf(chart)).toEqual(['loss', 'epoch']);
        expect(texts(chart, '[aria-label="text"] text')).toEqual(['no finite values']);
        expect(chart.getAttribute('aria-description')).toBe('no finite values');
        expect(chart.outerHTML).not.toMatch(/NaN|Infinity|undefined/);
      }
  });

  it('has a logarithmic scale on request, with gaps where values are not above 0', () => {
    const loss = [1, 0.1, 0, 0.01, -1];
    const chart = historyChart({history: {loss}, epoch: loss.map((_, i) => i)}, {...options, logY: true});
    const places = placesOf(chart, 'y');
    const [one, tenth, hundredth] = ['1', '0.1', '0.01'].map(label => present(places.get(label)));
    expect(present(tenth) - present(one)).toBeCloseTo(present(hundredth) - present(tenth), 3);
    expect([pathsOf(chart)[0]?.match(/L/g)?.length, dotsOf(chart).length]).toEqual([1, 1]);
    expect(texts(chart, '[aria-label="text"] text')).toEqual([]);
    const none = historyChart({history: {loss: [-1, 0]}, epoch: [0, 1]}, {...options, logY: true});
    expect(texts(none, '[aria-label="text"] text')).toEqual(['no values above 0']);
  });

  it('has ticks at whole epochs only', () => {
    for (let epochs = 1; epochs < 40; epochs++) {
      const ticks = ticksOf(historyChart(historyOf(epochs), options), 'x');
      expect(ticks.length).withContext(`${epochs} epochs`).toBeGreaterThan(0);
      expect(ticks.length).withContext(`${epochs} epochs`).toBeLessThan(14);
      expect(ticks.filter(tick => !/^\d+$/.test(present(tick))))
        .withContext(`${epochs} epochs`)
        .toEqual([]);
    }
  });

  it('counts the epochs of a fit that continues', () => {
    const chart = historyChart({history: {loss: [3, 2, 1]}, epoch: [4, 5, 6]}, options);
    expect(ticksOf(chart, 'x')).toEqual(['5', '6', '7']);
  });

  it('has the size that is asked for, with legends of as many rows as they need', () => {
    const sizeOf = (chart: Element) => ['width', 'height', 'viewBox'].map(name => chart.getAttribute(name));
    expect(sizeOf(historyChart(historyOf(2), options))).toEqual(['640', '360', '0 0 640 360']);
    const both = {...options, metrics: ['loss', 'acc']};
    const small = historyChart(historyOf(2, {validates: true}), {...both, width: 320, height: 200});
    expect(sizeOf(small)).toEqual(['320', '200', '0 0 320 200']);
    const rows = (chart: Element) => new Set(attributes(chart, '[aria-label="legend"] text', 'y')).size;
    expect(rows(small)).toBe(2);
    expect(rows(historyChart(historyOf(2, {validates: true}), both))).toBe(1);
  });

  it('writes numbers in a few characters', () => {
    const ticks = (loss: number[]) => ticksOf(historyChart({history: {loss}}, options), 'y');
    expect(ticks([1e-5, 2e-5])).toContain('1.2e-5');
    expect(ticks([0, 0.3])).toContain('0.15');
    expect(ticks([1e6, 2e6])).toContain('1.2e+6');
  });

  it('says what a wrong history should be', () => {
    const drawn = (history: unknown) => () => call(historyChart, history, options);
    expect(drawn(Promise.resolve())).toThrowError(
      /takes the History that model\.fit resolves to first; got a Promise\. Write await/,
    );
    expect(drawn(undefined)).toThrowError(/got undefined\. Pass all of it\.$/);
    expect(drawn({loss: [1]})).toThrowError(/got \{loss: \[1\]\}\. Pass all of it\.$/);
    expect(drawn({history: {acc: [1], val_acc: [1]}})).toThrowError(
      "The history has no 'loss'; it has acc, val_acc. Give metrics that it has.",
    );
    expect(drawn({history: {loss: [1, '2']}})).toThrowError(
      "'loss' of the history must have numbers; got '2'. Draw it when fit has ended.",
    );
    expect(drawn({history: {loss: [1, 2], val_loss: [1]}})).toThrowError(
      /must have the same number of values; got 2 of loss, 1 of loss in validation\. Draw them in separate charts\.$/,
    );
  });
});

describe('The options of charts', () => {
  const history = historyOf(2);
  const drawn =
    (given?: unknown, ...more: unknown[]) =>
    () =>
      call(historyChart, history, given, ...more);
  const PASS = "Pass {Plot} after: import * as Plot from '@observablehq/plot'.";

  it('name Observable Plot where another library, or nothing, is passed', () => {
    for (const [wrong, got] of [
      [undefined, 'undefined'],
      [Plot.plot, 'the function plot'],
      [import('@observablehq/plot'), 'a Promise'],
      [{}, 'an object without plot, line, dot, ruleX, text'],
      [{plot: Plot.plot, line: Plot.line}, 'an object without dot, ruleX, text'],
    ] as const)
      expect(drawn({Plot: wrong, document})).toThrowError(`'Plot' must be Observable Plot; got ${got}. ${PASS}`);
    const tfvis = {render: {linechart: () => undefined}, show: {}};
    expect(drawn({Plot: tfvis, document})).toThrowError(/^'Plot' must be Observable Plot; got an object without plot/);
    expect(drawn()).toThrowError(`'Plot' must be Observable Plot; got undefined. ${PASS}`);
    expect(drawn(Plot)).toThrowError(
      'historyChart takes its settings in an object; got Plot. Write historyChart(history, {Plot}).',
    );
  });

  it('name the version of Observable Plot where another one makes no SVG', () => {
    const other = {...Plot, plot: () => document.createElement('figure')};
    expect(drawn({Plot: other, document})).toThrowError(
      'Observable Plot made another element than an SVG. Use version 0.6 of it.',
    );
  });

  it('ask for a document where there is no page', () => {
    const message = (got: string) =>
      `'document' must be a document; got ${got}. Where there is no page, as in Node, pass ` +
      "{document: parseHTML('<html></html>').document} after: import {parseHTML} from 'linkedom'.";
    expect(drawn({Plot})).toThrowError(message('undefined'));
    expect(drawn({Plot, document: {}})).toThrowError(message('another object'));
    expect(drawn({Plot, document: 'html'})).toThrowError(message("'html'"));
  });

  it('are in their ranges', () => {
    for (const [wrong, message] of [
      [{width: 0}, "'width' must be a positive number; got 0."],
      [{height: '300'}, "'height' must be a positive number; got '300'."],
      [{logY: 1}, "'logY' must be true or false; got 1."],
      [{yLabel: 3}, "'yLabel' must be a text, such as 'loss'; got 3."],
      [{metrics: 'acc'}, "'metrics' must be a list of one or more names, such as ['loss']; got 'acc'."],
      [{metrics: []}, "'metrics' must be a list of one or more names, such as ['loss']; got []."],
    ] as const)
      expect(drawn({...options, ...wrong})).toThrowError(message);
    expect(drawn(options, 3)).toThrowError(/^historyChart takes its settings in an object; got /);
  });
});

describe('scheduleCharts', () => {
  it('draws a chart per hyper, with a line per group that differs', () => {
    const {lr, mom} = scheduleCharts({lr: cos(slice(1e-4, 1e-2), 0), mom: lin(0.95, 0.85)}, {...options, groups: 3});
    expect(legendOf(lr)).toEqual(['group 0', 'group 1', 'group 2']);
    expect(axesOf(lr)).toEqual(['lr', '% of the steps']);
    expect([pathsOf(mom).length, legendOf(mom)]).toEqual([1, []]);
    expect(axesOf(mom)).toEqual(['mom', '% of the steps']);
    const [path = ''] = pathsOf(mom);
    const [start, end] = [/^M([\d.]+),([\d.]+)/, /L([\d.]+),([\d.]+)$/].map(place =>
      present(place.exec(path)).slice(1).map(Number),
    );
    const at = (axis: 'x' | 'y', label: string) => present(placesOf(mom, axis).get(label));
    expect(start).toEqual([at('x', '0'), at('y', '0.95')]);
    expect(end).toEqual([at('x', '100'), at('y', '0.85')]);
  });

  it('draws the schedules of a policy, on a logarithmic scale on request', () => {
    const charts = scheduleCharts(oneCycle({lrMax: 1}).schedulesFor([{lr: 1, mom: 0.9}]), {...options, logY: true});
    expect(Object.keys(charts)).toEqual(['lr', 'mom']);
    expect(ticksOf(present(charts['lr']), 'y')).toContain('1e-4');
    expect(() => call(scheduleCharts, oneCycle(), options)).toThrowError(
      /got a policy, which makes them for an optimizer\. Write scheduleCharts\(policy\.schedulesFor\(opt\.hypers\), /,
    );
  });

  it('tells lines of the same color apart by their dashes', () => {
    const rates = Array.from({length: 2 * COLORS.length + 1}, (_, i) => i + 1);
    const {lr} = scheduleCharts({lr: lin(rates, 0)}, {...options, groups: rates.length});
    const looks = Array.from(lr.querySelectorAll('[aria-label="line"]'), line =>
      ['stroke', 'stroke-dasharray'].map(name => line.getAttribute(name)).join(' '),
    );
    expect(new Set(looks).size).toBe(rates.length);
  });

  it('refuses what is not schedules by hyper', () => {
    expect(() => call(scheduleCharts, cos(1, 0), options)).toThrowError(
      /^Schedules must be given by hyper; got one schedule/,
    );
    for (const [given, shown] of [
      [{}, '{}'],
      [adam(1e-3), 'an Adam'],
    ] as const)
      expect(() => call(scheduleCharts, given, options)).toThrowError(
        `Schedules must be given by hyper, as in {lr: cos(1e-3, 1e-5)}; got ${shown}.`,
      );
    expect(() => scheduleCharts({lr: lin([1, 2], 0)}, options)).toThrowError(
      /^Trying to set 2 values for lr but there are 1 parameter groups/,
    );
    expect(() => scheduleCharts({lr: lin(1, 0)}, {...options, groups: 0})).toThrowError(
      "'groups' must be a whole number from 1; got 0.",
    );
  });
});

describe('lrFindChart', () => {
  const lrs = Array.from({length: 81}, (_, i) => 10 ** (-7 + i / 10));
  const losses = lrs.map((lr, i) => (i > 75 ? NaN : 2 - 1 / (1 + 1e-3 / lr) + 3 * lr));
  const found: FoundRates = {
    lrs,
    losses,
    valley: 1e-3,
    slide: undefined,
    minimum: 1e-2,
    steep: 2e-3,
    suggestion: 3e-3,
    reason: 'valley, minimum and steep agree.',
  };
  /** The place of a rate, from the ticks of the chart. */
  function placeOf(chart: Element, lr: number): number {
    const ticks = placesOf(chart, 'x');
    const [from, to] = [present(ticks.get('1e-6')), present(ticks.get('0.1'))];
    return from + ((Math.log10(lr) + 6) / 5) * (to - from);
  }

  it('draws the loss over the logarithm of the rate, and marks the suggestion', () => {
    const chart = lrFindChart(found, options);
    expect(axesOf(chart)).toEqual(['smoothed loss', 'learning rate']);
    expect(pathsOf(chart).map(path => path.split('L').length)).toEqual([76]);
    const [rule] = attributes(chart, '[aria-label="rule"] line', 'x1');
    expect(Number(rule)).toBeCloseTo(placeOf(chart, 3e-3), 0);
    expect(texts(chart, '[aria-label="text"] text')).toEqual(['suggestion 0.003']);
    expect(legendOf(chart)).toEqual(['valley', 'minimum', 'steep']);
    const dots = dotsOf(chart);
    expect(dots.length).toBe(3);
    [1e-3, 1e-2, 2e-3].forEach((lr, i) => {
      expect(dots[i]?.[0]).toBeCloseTo(placeOf(chart, lr), 0);
    });
    expect(attributes(chart, '[aria-label="legend"] circle', 'fill')).toEqual(
      attributes(chart, '[aria-label="dot"]', 'fill').slice(-3),
    );
    expect(chart.getAttribute('aria-description')).toBe('valley, minimum and steep agree.');
    expect(chart.getAttribute('aria-label')).toContain('0.003');
  });

  it('writes the suggestion on the side that has more space', () => {
    const side = (suggestion: number) =>
      attributes(lrFindChart({...found, suggestion}, options), '[aria-label="text"]', 'text-anchor');
    expect([side(1e-6), side(1e-1)].flat()).toEqual(['start', 'end']);
  });

  it('marks nothing where there is no suggestion, and draws axes where there is no loss', () => {
    const none = lrFindChart({lrs, losses}, options);
    expect([none.querySelectorAll('[aria-label="rule"]').length, dotsOf(none).length, legendOf(none)]).toEqual([
      0,
      0,
      [],
    ]);
    for (const [rates, few] of [
      [[], []],
      [
        [1, 2],
        [NaN, NaN],
      ],
    ] as const) {
      const chart = lrFindChart({lrs: rates, losses: few}, options);
      expect(pathsOf(chart).join('')).toBe('');
      expect(chart.outerHTML).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('says what it takes', () => {
    const drawn = (x: unknown) => () => call(lrFindChart, x, options);
    expect(drawn(Promise.resolve())).toThrowError(/takes what lrFind resolves to first; got a Promise\. Write await/);
    expect(drawn(3)).toThrowError(/got 3\. Pass all of it\.$/);
    expect(drawn({lrs: [1, 2], losses: [1]})).toThrowError(/got \{lrs: \[1, 2\], losses: \[1\]\}\. Pass all of it\.$/);
  });
});

describe('liveChart', () => {
  const made = () => document.createElement('div');
  const ticks = (container: Element) => ticksOf(present(container.querySelector('svg')), 'x');

  it('replaces the chart after each epoch', () => {
    const container = made();
    const {onEpochEnd} = liveChart(container, {Plot, metrics: ['loss']});
    for (let epoch = 0; epoch < 3; epoch++) onEpochEnd(epoch, {loss: 1 / (epoch + 1), val_loss: 1});
    expect(container.children.length).toBe(1);
    expect(ticks(container)).toEqual(['1', '2', '3']);
    expect(legendOf(container)).toEqual(['loss, training', 'loss, validation']);
  });

  it('goes on at a later epoch, and begins again at the first', () => {
    const container = made();
    const {onEpochEnd} = liveChart(container, {Plot});
    onEpochEnd(0, {loss: 1});
    onEpochEnd(1, {loss: 1});
    onEpochEnd(2, {loss: 1, val_loss: 2});
    expect(ticks(container)).toEqual(['1', '2', '3']);
    expect(dotsOf(container).length).toBe(1);
    onEpochEnd(0, {loss: 1});
    expect(ticks(container)).toEqual(['1']);
  });

  it('says what is wrong with its arguments, and with the logs', () => {
    const live =
      (container: unknown, ...rest: unknown[]) =>
      () =>
        call(liveChart, container, ...rest);
    expect(live(null, {Plot})).toThrowError(
      "liveChart takes an element of the page first, such as document.querySelector('#chart'); got null.",
    );
    expect(live(made())).toThrowError(/^'Plot' must be Observable Plot; got undefined/);
    expect(() => {
      liveChart(made(), {Plot, metrics: ['accuracy']}).onEpochEnd(0, {loss: 1, acc: 1});
    }).toThrowError(/no 'accuracy'; it has loss, acc\./);
  });
});

describe('svgText', () => {
  const odd = 'a <b> & "c"\u00a0&nbsp;';
  const chart = historyChart({history: {[odd]: [1, 2], b: [1, 2]}}, {...options, metrics: [odd, 'b']});

  it('is the text of an SVG file', () => {
    const before = chart.outerHTML;
    const text = svgText(chart);
    expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" color="black"[^]*<\/svg>\n$/);
    expect(chart.outerHTML).toBe(before);
    const parsed = present(parseHTML(text).document.querySelector('svg'));
    expect(texts(parsed, '[aria-label="legend"] text')).toEqual([odd, 'b']);
    expect(pathsOf(parsed)).toEqual(pathsOf(chart));
    expect(text).toContain('aria-label="a &lt;b&gt; &amp; &quot;c&quot;\u00a0&amp;nbsp;, b by step"');
    expect(text).toContain('<rect width="100%" height="100%" fill="white"></rect>');
  });

  it('has the colors that are asked for', () => {
    const text = svgText(chart, {color: '#eee', background: 'none'});
    expect(text).toMatch(/^<svg xmlns="[^"]*" color="#eee" /);
    expect(text).toContain('<rect width="100%" height="100%" fill="none">');
  });

  it('refuses other things than charts, and impossible options', () => {
    const written =
      (...given: unknown[]) =>
      () =>
        call(svgText, ...given);
    expect(written('<svg/>')).toThrowError("svgText takes an SVG element first, such as a chart; got '<svg/>'.");
    expect(written(document.createElement('div'))).toThrowError(/^svgText takes an SVG element first/);
    expect(written(chart, {color: 0})).toThrowError("'color' must be a color of CSS, a text; got 0.");
    expect(written(chart, {colour: 'red'})).toThrowError(/no option 'colour'.*Did you mean 'color'\?/);
  });
});

describe('the colors of lines', () => {
  /** The relative luminance of a color, as WCAG defines it. */
  function luminance(color: string): number {
    const [r = NaN, g = NaN, b = NaN] = [1, 3, 5].map(i => {
      const share = parseInt(color.slice(i, i + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  it('have a contrast of 3 on light and on dark pages', () => {
    for (const page of ['#ffffff', '#121212', '#0d1117'])
      for (const color of COLORS) {
        const [dark = NaN, light = NaN] = [luminance(color), luminance(page)].sort((a, b) => a - b);
        expect((light + 0.05) / (dark + 0.05))
          .withContext(`${color} on ${page}`)
          .toBeGreaterThanOrEqual(3);
      }
  });
});
