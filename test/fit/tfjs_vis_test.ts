import * as tfvis from '@tensorflow/tfjs-vis';
import {cos, fitOneCycle, lin, lrFind, record, sgd} from '../../src';
import {plotHistory, plotLrFind, plotSchedules} from '../../src/plot';
import {tf} from '../support/tfjs';
import {tinyFit} from './support/model';

// What vega gives the first two lines of a chart.
const COLORS = [[0x4c, 0x78, 0xa8], [0xf5, 0x85, 0x18]] as const;

/** Where a chart has pixels of the color of one of its lines: the mean height, from 0 at the bottom, in its left and in its right half. */
function heightsOf(container: HTMLElement, line: number): {left: number; right: number} {
  const canvas = container.querySelector('canvas');
  const context = canvas?.getContext('2d');
  if (!canvas || !context) throw new Error('There is no canvas in the container.');
  const {width, height} = canvas;
  const {data} = context.getImageData(0, 0, width, height);
  const [red = 0, green = 0, blue = 0] = COLORS[line] ?? [];
  const found: Array<{x: number; y: number}> = [];
  for (let i = 0; i < width * height; i++) {
    const [r = 0, g = 0, b = 0, a = 0] = data.subarray(4 * i, 4 * i + 4);
    // The legend stands to the right of the chart.
    if (i % width < 0.7 * width && a === 255 && Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue) < 24) found.push({x: i % width, y: height - Math.floor(i / width)});
  }
  const middle = (Math.min(...found.map(({x}) => x)) + Math.max(...found.map(({x}) => x))) / 2;
  const mean = (of: typeof found) => of.reduce((sum, {y}) => sum + y, 0) / of.length;
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
  beforeAll(async () => { await tf.setBackend('cpu'); });
  beforeEach(() => { containers = []; });
  afterEach(() => { containers.forEach(made => { made.remove(); }); });

  it('draws schedules, a line for each group and a chart for each hyper', async () => {
    const charts = new Map<string, HTMLElement>();
    const containerOf = (hyper: string) => {
      const made = container();
      charts.set(hyper, made);
      return made;
    };
    await plotSchedules(tfvis, containerOf, {lr: lin([2, 0], [1, 1]), mom: cos(0.8, 0.9)}, 2);
    const [lr, mom] = [charts.get('lr'), charts.get('mom')];
    if (lr === undefined || mom === undefined) throw new Error('There are not two charts.');
    const [falling, rising] = [heightsOf(lr, 0), heightsOf(lr, 1)];
    expect(falling.left).toBeGreaterThan(falling.right);
    expect(rising.left).toBeLessThan(rising.right);
    expect(falling.right).toBeGreaterThan(rising.right);
    // Both groups have the same there, and the second line covers the first.
    const both = heightsOf(mom, 1);
    expect(both.left).toBeLessThan(both.right);
  });

  it('draws what lrFind found, and the losses of a fit', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.01, {mom: 0.9}));
    const found = await lrFind(model, x, y, {startLr: 1e-3, endLr: 0.1, numIt: 40});
    const chart = container();
    await plotLrFind(tfvis, chart, found);
    const loss = heightsOf(chart, 0);
    expect(found.losses.at(-1)).toBeLessThan(found.losses[0] ?? NaN);
    expect(loss.right).toBeLessThan(loss.left);

    const history = await fitOneCycle(model, x, y, {epochs: 10, batchSize: 8, lrMax: 0.1, callbacks: record()});
    const losses = container();
    await plotHistory(tfvis, losses, history, ['batch_loss']);
    const fitted = heightsOf(losses, 0);
    expect(fitted.right).toBeLessThan(fitted.left);
    dispose();
  });

  it('draws on a surface of its visor', async () => {
    const surface = {name: 'schedule', tab: 'tfjs-optim'};
    await plotSchedules(tfvis, () => surface, {lr: lin(1, 0)});
    const {drawArea} = tfvis.visor().surface(surface);
    const line = heightsOf(drawArea, 0);
    expect(line.left).toBeGreaterThan(line.right);
    tfvis.visor().el.remove();
  });
});
