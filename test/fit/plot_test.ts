import {lin} from '../../src';
import {plotHistory, plotLrFind, plotSchedules, type Tfvis} from '../../src/plot';

type Chart = Parameters<Tfvis<string>['render']['linechart']>;

/** In place of tfjs-vis: keeps what it is given to draw. */
function paper(): {tfvis: Tfvis<string>; charts: Chart[]} {
  const charts: Chart[] = [];
  return {charts, tfvis: {render: {linechart: (...chart) => {
    charts.push(chart);
    return Promise.resolve();
  }}}};
}

describe('the plots', () => {
  it('draw a line for each group of a schedule', async () => {
    const {tfvis, charts} = paper();
    await plotSchedules(tfvis, hyper => `#${hyper}`, {lr: lin([1, 2], 0)}, 2);
    const [[container, {values, series}] = ['', {values: [], series: []}]] = charts;
    expect([container, ...series]).toEqual(['#lr', 'group 0', 'group 1']);
    expect(values.map(line => [line[0], line[100], line.length])).toEqual([[{x: 0, y: 1}, {x: 0.5, y: 0.5}, 201], [{x: 0, y: 2}, {x: 0.5, y: 1}, 201]]);
  });

  it('draw the finder over the logarithm of the rate, without what is not finite', async () => {
    const {tfvis, charts} = paper();
    await plotLrFind(tfvis, 'find', {lrs: [0.1, 1, 10], losses: [2, 1, NaN], valley: undefined, slide: undefined, minimum: undefined, steep: undefined});
    expect(charts[0]?.[1].values).toEqual([[{x: -1, y: 2}, {x: 0, y: 1}]]);
  });

  it('draw histories, and name what is not in them', async () => {
    const {tfvis, charts} = paper();
    const history = {history: {loss: [2, 1]}};
    await plotHistory(tfvis, 'losses', history, ['loss']);
    expect(charts[0]?.[1].values).toEqual([[{x: 0, y: 2}, {x: 1, y: 1}]]);
    await expectAsync(plotHistory(tfvis, 'losses', history, ['val_loss'])).toBeRejectedWithError(/no 'val_loss'; it has loss/);
  });
});
