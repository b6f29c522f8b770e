import type {LrFindResult} from '../fit/lr_find';
import type {Schedules} from '../schedule/schedule';
import {isPlain, shown} from '../util/shown';
import {checkFound, finderCurve} from './finder_curve';
import {checkHistory, isNames} from './history_columns';
import {checkCharted, scheduleSamples} from './schedule_samples';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Labels {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly zoomToFit: boolean;
}

/** The used part of tfjs-vis. Pass in all of it: `import * as tfvis from '@tensorflow/tfjs-vis'`. */
export interface Tfvis<C> {
  /** The part that draws. */
  readonly render: {
    /** Draws lines into a container. The points lie at 0, 1, 2 and so on; their x is ignored. */
    linechart(container: C, data: {values: Point[][]; series: string[]}, options: Labels): Promise<void>;
    /** Draws points into a container. */
    scatterplot(container: C, data: {values: Point[][]; series: string[]}, options: Labels): Promise<void>;
  };
}

/**
 * @param call as code, from the name of the function.
 * @param draws the name of the function of tfjs-vis that it uses.
 * @throws where its first argument is not tfjs-vis.
 */
function checkTfvis(call: string, given: unknown, draws: keyof Tfvis<unknown>['render']): void {
  const render: unknown = typeof given === 'object' && given !== null && 'render' in given ? given.render : undefined;
  if (typeof render === 'object' && render !== null && typeof Reflect.get(render, draws) === 'function') return;
  const got = isPlain(given) ? 'another object' : shown(given);
  throw new Error(
    `${call.slice(0, call.indexOf('('))} takes tfjs-vis first; got ${got}. ` +
      `Write ${call} after: import * as tfvis from '@tensorflow/tfjs-vis'.`,
  );
}

/**
 * Draws schedules over their length in percent: one chart per hyper, with one line per group.
 * @throws where an argument is something else, such as a policy instead of schedules by hyper, where there are no
 *   schedules, and where a list does not fit the groups.
 * @example
 * ```ts checked
 * import * as tfvis from '@tensorflow/tfjs-vis';
 * import {plotSchedules} from 'tfjs-optim/plot';
 *
 * await plotSchedules(tfvis, hyper => ({name: hyper}), {lr: cos(1e-2, 0), mom: lin(0.95, 0.85)});
 * ```
 */
export async function plotSchedules<C>(
  tfvis: Tfvis<C>,
  containerOf: (hyper: string) => C,
  schedules: Schedules,
  groups = 1,
): Promise<void> {
  checkTfvis('plotSchedules(tfvis, containerOf, schedules)', tfvis, 'linechart');
  if (typeof containerOf !== 'function')
    throw new Error(
      'plotSchedules takes a function second, which names the container of a hyper, such as ' +
        `hyper => ({name: hyper}); got ${shown(containerOf)}.`,
    );
  checkCharted(schedules, 'plotSchedules(tfvis, containerOf, policy.schedulesFor(opt.hypers), opt.hypers.length)');
  for (const [hyper, schedule] of Object.entries(schedules)) {
    const values = scheduleSamples(hyper, schedule, groups, 100).map(samples => samples.map((y, x) => ({x, y})));
    const series = values.map((_, group) => `group ${group}`);
    await tfvis.render.linechart(
      containerOf(hyper),
      {values, series},
      {xLabel: '% of the steps', yLabel: hyper, zoomToFit: true},
    );
  }
}

/**
 * Draws the result of `lrFind`: the smoothed loss over the logarithm (base 10) of the rate, and the suggested rates as
 * points on the curve. Where there are more than ten points, the last five are left out. The loss explodes there, and
 * the rest of the curve would look flat.
 * @throws where an argument is something else, such as a promise of a result.
 * @example
 * ```ts checked
 * import * as tfvis from '@tensorflow/tfjs-vis';
 * import {plotLrFind} from 'tfjs-optim/plot';
 *
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await plotLrFind(tfvis, {name: 'Learning rate'}, await lrFind(model, xs, ys));
 * ```
 */
export async function plotLrFind<C>(
  tfvis: Tfvis<C>,
  container: C,
  found: Pick<LrFindResult, 'lrs' | 'losses'> & Partial<LrFindResult>,
): Promise<void> {
  checkTfvis('plotLrFind(tfvis, container, await lrFind(…))', tfvis, 'scatterplot');
  checkFound('plotLrFind', 'third', found);
  const {curve, suggested} = finderCurve(found);
  const pointOf = ({lr, loss}: (typeof curve)[number]): Point => ({x: Math.log10(lr), y: loss});
  await tfvis.render.scatterplot(
    container,
    {
      values: [curve.map(pointOf), ...suggested.map(({nearest}) => (nearest === undefined ? [] : [pointOf(nearest)]))],
      series: ['loss', ...suggested.map(({rule}) => rule)],
    },
    {
      xLabel: 'log10 of the learning rate',
      yLabel: 'loss',
      zoomToFit: true,
    },
  );
}

/**
 * Draws columns of a `History`, such as `['loss', 'val_loss']` of the epochs, or `['batch_loss']` of `record`.
 * @throws where an argument is something else, where the history does not have a column, and where the columns are not
 *   of the same length.
 * @example
 * ```ts checked
 * import * as tfvis from '@tensorflow/tfjs-vis';
 * import {plotHistory} from 'tfjs-optim/plot';
 *
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await plotHistory(tfvis, {name: 'Loss'}, await model.fit(xs, ys, {epochs: 3}), ['loss']);
 * ```
 */
export async function plotHistory<C>(
  tfvis: Tfvis<C>,
  container: C,
  recorded: {readonly history: Readonly<Record<string, readonly unknown[]>>},
  names: readonly string[],
): Promise<void> {
  checkTfvis("plotHistory(tfvis, container, await model.fit(…), ['loss'])", tfvis, 'linechart');
  checkHistory('plotHistory', 'third', recorded);
  if (!isNames(names))
    throw new Error(`plotHistory takes a list of columns fourth, such as ['loss', 'val_loss']; got ${shown(names)}.`);
  const {history} = recorded;
  const columns = names.map(name => {
    const column = history[name];
    if (column === undefined)
      throw new Error(`The history has no '${name}'; it has ${Object.keys(history).join(', ')}.`);
    return {name, points: column.map((y, x) => ({x, y: Number(y)}))};
  });
  if (new Set(columns.map(({points}) => points.length)).size > 1) {
    const lengths = columns.map(({name, points}) => `'${name}' has ${points.length} values`).join(', ');
    throw new Error(`The columns of a chart must have the same length; ${lengths}. Draw them in separate charts.`);
  }
  const values = columns.map(({points}) => points);
  await tfvis.render.linechart(container, {values, series: [...names]}, {xLabel: 'step', yLabel: '', zoomToFit: true});
}
