/**
 * Charts of schedules, of the learning-rate finder and of histories, drawn with tfjs-vis, which is handed in.
 * @module tfjs-optim/plot
 */
import type {LrFindResult} from '../fit/lr_find';
import {scheduleAt, type Schedules} from '../schedule/schedule';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Labels {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly zoomToFit: boolean;
}

/** What is used of tfjs-vis, which is handed in: `import * as tfvis from '@tensorflow/tfjs-vis'`. */
export interface Tfvis<C> {
  /** The part that draws. */
  readonly render: {
    /** Draws lines into a container, over 0, 1, 2 and so on, whatever x is. */
    linechart(container: C, data: {values: Point[][]; series: string[]}, options: Labels): Promise<void>;
    /** Draws points into a container. */
    scatterplot(container: C, data: {values: Point[][]; series: string[]}, options: Labels): Promise<void>;
  };
}

/** Draws each hyper's schedule over its length in percent, a line a group, one chart a hyper. */
export async function plotSchedules<C>(
  tfvis: Tfvis<C>,
  containerOf: (hyper: string) => C,
  schedules: Schedules,
  groups = 1,
): Promise<void> {
  const percents = Array.from({length: 101}, (_, percent) => percent);
  for (const [hyper, schedule] of Object.entries(schedules)) {
    const columns = percents.map(percent => scheduleAt(schedule, percent / 100, groups));
    const values = Array.from({length: groups}, (_, group) => percents.map(x => ({x, y: columns[x]?.[group] ?? NaN})));
    const series = values.map((_, group) => `group ${group}`);
    await tfvis.render.linechart(
      containerOf(hyper),
      {values, series},
      {xLabel: '% of the steps', yLabel: hyper, zoomToFit: true},
    );
  }
}

/**
 * Draws what `lrFind` found: the smoothed loss over the logarithm (base 10) of the rate, and where on it the rates are
 * that it suggests. Of more than ten points the last five are left out: it explodes there, and the rest would be flat.
 */
export async function plotLrFind<C>(
  tfvis: Tfvis<C>,
  container: C,
  {lrs, losses, ...suggested}: Pick<LrFindResult, 'lrs' | 'losses'> & Partial<LrFindResult>,
): Promise<void> {
  const curve = lrs
    .map((lr, i) => ({x: Math.log10(lr), y: losses[i] ?? NaN}))
    .slice(0, lrs.length > 10 ? -5 : undefined)
    .filter(({y}) => Number.isFinite(y));
  const marks = Object.entries(suggested).flatMap(([rule, lr]) =>
    typeof lr !== 'number' ? [] : [{rule, at: nearest(curve, Math.log10(lr))}],
  );
  await tfvis.render.scatterplot(
    container,
    {values: [curve, ...marks.map(({at}) => at)], series: ['loss', ...marks.map(({rule}) => rule)]},
    {
      xLabel: 'log10 of the learning rate',
      yLabel: 'loss',
      zoomToFit: true,
    },
  );
}

/**
 * Draws values of a `History`, such as `['loss', 'val_loss']` of the epochs or `['batch_loss']` of `record`.
 * @throws where one is not in it, or they are not of the same length.
 */
export async function plotHistory<C>(
  tfvis: Tfvis<C>,
  container: C,
  {history}: {readonly history: Readonly<Record<string, readonly unknown[]>>},
  names: readonly string[],
): Promise<void> {
  const values = names.map(name => {
    const column = history[name];
    if (column === undefined)
      throw new Error(`The history has no '${name}'; it has ${Object.keys(history).join(', ')}.`);
    return column.map((y, x) => ({x, y: Number(y)}));
  });
  if (new Set(values.map(column => column.length)).size > 1) {
    throw new Error(
      `One chart takes columns of one length; ${names.map((name, i) => `'${name}' has ${values[i]?.length ?? 0} values`).join(', ')}.`,
    );
  }
  await tfvis.render.linechart(container, {values, series: [...names]}, {xLabel: 'step', yLabel: '', zoomToFit: true});
}

/** The point of a curve that is nearest to x, as a list; none of an empty one. */
function nearest(curve: readonly Point[], x: number): Point[] {
  return [...curve].sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x)).slice(0, 1);
}
