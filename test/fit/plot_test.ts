import {lin} from '../../src';
import {plotHistory, plotLrFind, plotSchedules, type Tfvis} from '../../src/plot';

type Chart = Parameters<Tfvis<string>['render']['linechart']>;

/** Replaces tfjs-vis: records what it has to draw. */
function paper(): {tfvis: Tfvis<string>; charts: Chart[]} {
  const charts: Chart[] = [];
  const draw = (...chart: Chart) => {
    charts.push(chart);
    return Promise.resolve();
  };
  return {charts, tfvis: {render: {linechart: draw, scatterplot: draw}}};
}

describe('the plots', () => {
  it('draw one line per group of a schedule', async () => {
    const {tfvis, charts} = paper();
    await plotSchedules(tfvis, hyper => `#${hyper}`, {lr: lin([1, 2], 0)}, 2);
    const [[container, {values, series}] = ['', {values: [], series: []}]] = charts;
    expect([container, ...series]).toEqual(['#lr', 'group 0', 'group 1']);
    expect(values.map(line => [line[0], line[50], line.length])).toEqual([
      [{x: 0, y: 1}, {x: 50, y: 0.5}, 101],
      [{x: 0, y: 2}, {x: 50, y: 1}, 101],
    ]);
  });

  it('draw schedules of hypers with any range, and name the hyper where a list does not fit', async () => {
    const {tfvis, charts} = paper();
    await plotSchedules(tfvis, hyper => hyper, {mom: lin(0.9, 1)});
    expect(charts[0]?.[1].values[0]?.[100]).toEqual({x: 100, y: 1});
    await expectAsync(plotSchedules(tfvis, hyper => hyper, {})).toBeRejectedWithError(
      'Schedules must be given by hyper, as in {lr: cos(1e-3, 1e-5)}; got {}.',
    );
    await expectAsync(plotSchedules(tfvis, hyper => hyper, {mom: lin([0, 1], 0)})).toBeRejectedWithError(
      /2 values for mom but there are 1/,
    );
    await expectAsync(plotSchedules(tfvis, hyper => hyper, {mom: lin(0, 1)}, 0)).toBeRejectedWithError(
      /'groups' must be a whole number from 1/,
    );
  });

  it('draw the finder over the logarithm of the rate, without losses that are not finite', async () => {
    const {tfvis, charts} = paper();
    await plotLrFind(tfvis, 'find', {
      lrs: [0.1, 1, 10],
      losses: [2, 1, NaN],
      valley: 0.9,
      slide: undefined,
      minimum: 0.1,
      steep: undefined,
    });
    expect(charts[0]?.[1]).toEqual({
      values: [
        [
          {x: -1, y: 2},
          {x: 0, y: 1},
        ],
        [{x: 0, y: 1}],
        [{x: -1, y: 2}],
      ],
      series: ['loss', 'valley', 'minimum'],
    });
  });

  it('draw histories, and name a key that is missing', async () => {
    const {tfvis, charts} = paper();
    const history = {history: {loss: [2, 1], batch_loss: [3, 2, 1]}};
    await plotHistory(tfvis, 'losses', history, ['loss']);
    expect(charts[0]?.[1].values).toEqual([
      [
        {x: 0, y: 2},
        {x: 1, y: 1},
      ],
    ]);
    await expectAsync(plotHistory(tfvis, 'losses', history, ['val_loss'])).toBeRejectedWithError(
      /no 'val_loss'; it has loss/,
    );
    await expectAsync(plotHistory(tfvis, 'losses', history, ['loss', 'batch_loss'])).toBeRejectedWithError(
      /must have the same length; 'loss' has 2 values, 'batch_loss' has 3 values/,
    );
  });

  it('name an argument that is something else, and what to write', async () => {
    const {tfvis} = paper();
    const history = {history: {loss: [1]}};
    const call = async (plot: (...args: readonly never[]) => Promise<void>, ...args: readonly unknown[]) => {
      await Reflect.apply(plot, undefined, args);
    };
    const cases: ReadonlyArray<readonly [Promise<void>, RegExp]> = [
      [
        call(plotLrFind),
        /^plotLrFind takes tfjs-vis first; got undefined\. Write plotLrFind\(tfvis, container, await/,
      ],
      [
        call(plotHistory, {}),
        /^plotHistory takes tfjs-vis first; got another object\. Write plotHistory\(tfvis, cont/,
      ],
      [call(plotSchedules, {render: {linechart: 1}}), /^plotSchedules takes tfjs-vis first; got another object/],
      [call(plotSchedules, tfvis, 'lr', {lr: lin(1, 0)}), /takes a function second, .*; got 'lr'\./],
      [call(plotLrFind, tfvis, 'find'), /^plotLrFind takes what lrFind resolves to third; got undefined\. Pass all/],
      [call(plotLrFind, tfvis, 'find', Promise.resolve()), /third; got a Promise\. Write await lrFind\(…\)\./],
      [call(plotHistory, tfvis, 'losses', {loss: [1]}, ['loss']), /^plotHistory takes the History .* third; got/],
      [call(plotHistory, tfvis, 'losses', history), /takes a list of columns fourth, .*; got undefined\./],
      [call(plotHistory, tfvis, 'losses', history, 'loss'), /takes a list of columns fourth, .*; got 'loss'\./],
    ];
    for (const [plot, message] of cases) await expectAsync(plot).toBeRejectedWithError(message);
  });
});
