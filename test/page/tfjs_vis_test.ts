import * as tfvis from '@tensorflow/tfjs-vis';

import {cos, fitOneCycle, lin, lrFind, record, sgd} from '../../src';
import {plotHistory, plotLrFind, plotSchedules} from '../../src/plot';
import {tinyFit} from '../fit/support/model';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

/** vega's colors of the first two lines of a chart, and of the first points: 70 % of the color on white. */
const COLORS = {first: [76, 120, 168], second: [245, 133, 24], points: [130, 161, 194]} as const;
type Color = keyof typeof COLORS;

interface Pixel {
  readonly x: number;
  /** Measured from the bottom. */
  readonly y: number;
}

/** The pixels of a color in a chart. */
function pixelsOf(container: HTMLElement, color: Color): Pixel[] {
  const canvas = container.querySelector('canvas');
  const context = canvas?.getContext('2d');
  if (!canvas || !context) throw new Error('There is no canvas in the container.');
  const {width, height} = canvas;
  const {data} = context.getImageData(0, 0, width, height);
  const [red, green, blue] = COLORS[color];
  const found: Pixel[] = [];
  for (let i = 0; i < width * height; i++) {
    const [r = 0, g = 0, b = 0] = data.subarray(4 * i, 4 * i + 3);
    // The legend is to the right of the chart.
    if (i % width < 0.8 * width && Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue) < 24)
      found.push({x: i % width, y: height - Math.floor(i / width)});
  }
  return found;
}

/** The mean height of a color in its left and in its right half. */
function heightsOf(container: HTMLElement, color: Color): {left: number; right: number} {
  const found = pixelsOf(container, color);
  const middle = (Math.min(...found.map(({x}) => x)) + Math.max(...found.map(({x}) => x))) / 2;
  const mean = (of: readonly Pixel[]) => of.reduce((sum, {y}) => sum + y, 0) / of.length;
  return {left: mean(found.filter(({x}) => x < middle)), right: mean(found.filter(({x}) => x >= middle))};
}

describe('tfjs-vis', () => {
  let containers: HTMLElement[];
  const container = () => {
    const made = document.createElement('div');
    made.style.width = '400px';
    document.body.append(made);
    containers.push(made);
    return made;
  };
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  beforeEach(() => {
    containers = [];
  });
  afterEach(() => {
    containers.forEach(made => {
      made.remove();
    });
  });

  it('draws schedules, with one line per group and one chart per hyper', async () => {
    const charts = new Map<string, HTMLElement>();
    const containerOf = (hyper: string) => {
      const made = container();
      charts.set(hyper, made);
      return made;
    };
    await plotSchedules(tfvis, containerOf, {lr: lin([2, 0], [1, 1]), mom: cos(0.8, 0.9)}, 2);
    const [lr, mom] = [charts.get('lr'), charts.get('mom')];
    if (lr === undefined || mom === undefined) throw new Error('There must be two charts.');
    const [falling, rising] = [heightsOf(lr, 'first'), heightsOf(lr, 'second')];
    expect(falling.left).toBeGreaterThan(falling.right);
    expect(rising.left).toBeLessThan(rising.right);
    expect(falling.right).toBeGreaterThan(rising.right);
    // Both groups have the same values there, and the second line covers the first.
    const both = heightsOf(mom, 'second');
    expect(both.left).toBeLessThan(both.right);
  });

  it('draws the result of lrFind, and the losses of a fit', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.01, {mom: 0.9}));
    const found = await lrFind(model, x, y, {startLr: 1e-3, endLr: 0.1, numIt: 40});
    const chart = container();
    await plotLrFind(tfvis, chart, found);
    const loss = heightsOf(chart, 'points');
    expect(found.losses.at(-1)).toBeLessThan(present(found.losses[0]));
    expect(loss.right).toBeLessThan(loss.left);

    const history = await fitOneCycle(model, x, y, {epochs: 10, batchSize: 8, lrMax: 0.1, callbacks: record()});
    const losses = container();
    await plotHistory(tfvis, losses, history, ['batch_loss']);
    const fitted = heightsOf(losses, 'first');
    expect(fitted.right).toBeLessThan(fitted.left);
    dispose();
  });

  it('draws the finder at its rates, not one point after another', async () => {
    const chart = container();
    const none = {valley: undefined, slide: undefined, minimum: undefined, steep: undefined};
    await plotLrFind(tfvis, chart, {lrs: [3e-5, 1e-4, 1e-1, 3], losses: [1.1, 2.2, 2.9, 1.7], ...none});
    const columns = [...new Set(pixelsOf(chart, 'points').map(({x}) => x))].sort((a, b) => a - b);
    // A gap between columns separates the points. The last one may be the legend.
    const [first = NaN, second = NaN, third = NaN, ...more] = columns.filter(
      (x, i) => i === 0 || x - present(columns[i - 1]) > 2,
    );
    expect(more).withContext('three points').toEqual([]);
    expect((second - first) / (third - first)).toBeCloseTo((-4 - Math.log10(3e-5)) / (-1 - Math.log10(3e-5)), 1);
  });

  it('draws on a surface of its visor', async () => {
    const surface = {name: 'schedule', tab: 'tfjs-optim'};
    await plotSchedules(tfvis, () => surface, {lr: lin(1, 0)});
    const {drawArea} = tfvis.visor().surface(surface);
    const line = heightsOf(drawArea, 'first');
    expect(line.left).toBeGreaterThan(line.right);
    tfvis.visor().el.remove();
  });
});
