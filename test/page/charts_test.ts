import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom/worker';

import {cos, fitCallbacks, lin, lrFind, oneCycle, record, sgd} from '../../src';
import {historyChart, liveChart, lrFindChart, scheduleCharts, svgText} from '../../src/plot';
import {tinyFit} from '../fit/support/model';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

describe('Charts by Observable Plot', () => {
  let container: HTMLElement;
  beforeAll(() => tf.setBackend('cpu'));
  beforeEach(() => {
    container = document.createElement('div');
    container.style.width = '400px';
    document.body.append(container);
  });
  afterEach(() => {
    container.remove();
  });

  /** Whether the browser reads the text as XML. @throws where it does not. */
  function parsed(text: string): Element {
    const {documentElement} = new DOMParser().parseFromString(text, 'image/svg+xml');
    if (documentElement.querySelector('parsererror') !== null) throw new Error(documentElement.textContent);
    return documentElement;
  }

  it('draw a fit, its schedules and the finder into the page', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.01, {mom: 0.9}));
    const history = await model.fit(x, y, {epochs: 4, validationSplit: 0.25, callbacks: record()});
    const charts = [
      historyChart(history, {Plot}),
      historyChart(history, {Plot, metrics: ['lr']}),
      lrFindChart(await lrFind(model, x, y, {numIt: 40}), {Plot}),
      ...Object.values(scheduleCharts({lr: cos(1e-3, 0), mom: lin(0.9, 0.8)}, {Plot})),
    ];
    container.append(...charts);
    for (const chart of charts) {
      const {width, height} = chart.getBoundingClientRect();
      // The page is narrower than 640 pixels.
      expect([width, Math.round(height)])
        .withContext(present(chart.ariaLabel))
        .toEqual([400, 225]);
      const line = present(chart.querySelector<SVGPathElement>('[aria-label="line"] path'));
      expect(line.getTotalLength()).withContext(present(chart.ariaLabel)).toBeGreaterThan(100);
    }
    dispose();
  });

  it('have the color of the page', () => {
    const chart = historyChart({history: {loss: [2, 1], val_loss: [3, 2]}}, {Plot});
    container.append(chart);
    for (const color of ['rgb(1, 2, 3)', 'rgb(240, 240, 240)']) {
      container.style.color = color;
      const fills = Array.from(chart.querySelectorAll('text'), text => getComputedStyle(text).fill);
      expect(new Set(fills)).toEqual(new Set([color]));
    }
  });

  it('keep all texts inside, and legends apart', () => {
    const names = ['loss', 'a metric with a rather long name', 'WWWWWWWWWW', 'acc'];
    const history = Object.fromEntries(names.map((name, i) => [name, [1e-5 * i, 1e-5 * i + 0.3333]]));
    for (const width of [320, 640]) {
      const chart = historyChart({history}, {Plot, metrics: names, width});
      container.style.width = `${width}px`;
      container.replaceChildren(chart);
      const frame = chart.getBoundingClientRect();
      const boxes = Array.from(chart.querySelectorAll('text'), text => text.getBoundingClientRect());
      expect(boxes.filter(box => box.left < frame.left || box.right > frame.right || box.top < frame.top)).toEqual([]);
      const legend = Array.from(chart.querySelectorAll('[aria-label="legend"] > *'), one =>
        one.getBoundingClientRect(),
      );
      const overlaps = legend.flatMap((a, i) =>
        legend.slice(i + 1).filter(b => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom),
      );
      expect(overlaps).toEqual([]);
    }
  });

  it('follow a fit, alone and with other callbacks', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.01));
    const seen: number[] = [];
    const live = liveChart(container, {Plot});
    const epochsShown = () => {
      const [path] = container.querySelectorAll('[aria-label="line"] path');
      return present(path?.getAttribute('d')).split('L').length;
    };
    await model.fit(x, y, {epochs: 3, callbacks: live});
    expect([container.childElementCount, epochsShown()]).toEqual([1, 3]);
    const look = {
      onEpochEnd: () => {
        seen.push(epochsShown());
      },
    };
    const callbacks = fitCallbacks([oneCycle(), live, look]);
    await model.fit(x, y, {epochs: 5, initialEpoch: 3, callbacks});
    expect(seen).toEqual([4, 5]);
    dispose();
  });

  it('are files that browsers open, from the page and from a document of Node', async () => {
    const odd = 'a <b> & "c"\u00a0&nbsp;';
    const {document: other} = parseHTML('<html></html>');
    const drawn = [document, other].map(each =>
      historyChart({history: {[odd]: [1, 2], acc: [0.5, 0.7]}}, {Plot, document: each, metrics: [odd, 'acc']}),
    );
    for (const chart of drawn) {
      const text = svgText(chart);
      const root = parsed(text);
      expect(root.namespaceURI).toBe('http://www.w3.org/2000/svg');
      expect(root.getAttribute('aria-label')).toBe(`${odd}, acc by step`);
      expect(root.querySelectorAll('[aria-label="line"] path').length).toBe(2);
      expect(root.querySelector('[aria-label="legend"] text')?.textContent).toBe(odd);
      const picture = new Image();
      picture.src = URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'}));
      await picture.decode();
      expect([picture.naturalWidth, picture.naturalHeight]).toEqual([640, 360]);
      URL.revokeObjectURL(picture.src);
    }
  });
});
