/**
 * Charts of schedules, of the learning-rate finder and of histories, drawn with tfjs-vis, which is handed in.
 * @module tfjs-optim/plot
 */
import {type LrFindResult, scheduleAt, type Schedules} from '../index';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is used of tfjs-vis, which is handed in: `import * as tfvis from '@tensorflow/tfjs-vis'`. */
export interface Tfvis<C> {
  /** The part that draws. */
  readonly render: {
    /** Draws lines into a container. */
    linechart(container: C, data: {values: Point[][]; series: string[]}, options: {xLabel: string; yLabel: string; zoomToFit: boolean}): Promise<void>;
  };
}

/** Draws each hyper's schedule over the position from 0 to 1, a line a group, one chart a hyper. */
export async function plotSchedules<C>(tfvis: Tfvis<C>, containerOf: (hyper: string) => C, schedules: Schedules, groups = 1): Promise<void> {
  const positions = Array.from({length: 201}, (_, i) => i / 200);
  for (const [hyper, schedule] of Object.entries(schedules)) {
    const columns = positions.map(x => scheduleAt(schedule, x, groups));
    const values = Array.from({length: groups}, (_, group) => positions.map((x, i) => ({x, y: columns[i]?.[group] ?? NaN})));
    await lines(tfvis, containerOf(hyper), values, values.map((_, group) => `group ${group}`), 'position', hyper);
  }
}

/** Draws what `lrFind` found: the smoothed loss over the logarithm (base 10) of the rate. */
export async function plotLrFind<C>(tfvis: Tfvis<C>, container: C, {lrs, losses}: LrFindResult): Promise<void> {
  const points = lrs.map((lr, i) => ({x: Math.log10(lr), y: losses[i] ?? NaN})).filter(({y}) => Number.isFinite(y));
  await lines(tfvis, container, [points], ['loss'], 'log10 of the learning rate', 'loss');
}

/** Draws values of a `History`, such as `['loss', 'val_loss']` of the epochs or `['batch_loss']` of `record`. @throws where one is not in it. */
export async function plotHistory<C>(tfvis: Tfvis<C>, container: C, history: {readonly history: Readonly<Record<string, readonly unknown[]>>}, names: readonly string[]): Promise<void> {
  const values = names.map(name => {
    const column = history.history[name];
    if (column === undefined) throw new Error(`The history has no '${name}'; it has ${Object.keys(history.history).join(', ')}.`);
    return column.map((y, x) => ({x, y: Number(y)}));
  });
  await lines(tfvis, container, values, [...names], 'step', '');
}

async function lines<C>({render}: Tfvis<C>, container: C, values: Point[][], series: string[], xLabel: string, yLabel: string): Promise<void> {
  await render.linechart(container, {values, series}, {xLabel, yLabel, zoomToFit: true});
}
