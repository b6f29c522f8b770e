import {isPlain, shown} from '../util/shown';
import {joinedGroups} from './groups';
import {notResult} from './not_result';

/** What `fit` resolves to, or a part of it. */
export interface RecordedHistory {
  /** The values by name: one per epoch, or with `record` one per batch. */
  readonly history: Readonly<Record<string, readonly unknown[]>>;
  /** The number of each epoch, from 0. */
  readonly epoch?: readonly number[];
}

/** The values of a metric, or of a hyper of a group. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
  /** The same in validation. */
  readonly validation?: readonly number[];
}

/** The columns that a chart shows, and the places of their values. */
export interface Columns {
  readonly series: readonly Series[];
  readonly unit: 'epoch' | 'step';
  /** The number of each epoch or step, from 1. */
  readonly places: readonly number[];
}

/** @param place of the argument in the call `what`. @throws where it is not a `History`. */
export function checkHistory(what: string, place: string, given: unknown): asserts given is RecordedHistory {
  if (!isHistory(given))
    throw notResult({what, place}, 'the History that model.fit resolves to', 'model.fit(…)', given);
}

function isHistory(x: unknown): x is RecordedHistory {
  return typeof x === 'object' && x !== null && 'history' in x && isPlain(x.history);
}

/** Whether it is a list of at least one column's name. */
export const isNames = (x: unknown): x is readonly string[] =>
  Array.isArray(x) && x.length > 0 && x.every(name => typeof name === 'string');

/**
 * The columns of metrics. A history without any column has none of them.
 * @throws where a history lacks a metric, a value is not a number, or the columns are not of the same length.
 */
export function columnsOf({history, epoch}: RecordedHistory, metrics: readonly string[]): Columns {
  const series = Object.keys(history).length === 0 ? [] : metrics.flatMap(metric => seriesOf(history, metric));
  const lengths = new Map(
    series.flatMap(({name, values, validation = values}) => [
      [name, values.length] as const,
      [`${name} in validation`, validation.length] as const,
    ]),
  );
  const [length = 0, ...others] = new Set(lengths.values());
  if (others.length > 0)
    throw new Error(
      'The metrics of a chart must have the same number of values; got ' +
        `${[...lengths].map(([name, count]) => `${count} of ${name}`).join(', ')}. Draw them in separate charts.`,
    );
  return epoch?.length === length
    ? {series, unit: 'epoch', places: epoch.map(number => number + 1)}
    : {series, unit: 'step', places: Array.from({length}, (_, i) => i + 1)};
}

/** The metrics, each once. Those that are drawn as the validation of another one are left out. */
export function distinct({history}: RecordedHistory, metrics: readonly string[]): readonly string[] {
  const validations = new Set(metrics.filter(name => Object.hasOwn(history, name)).map(name => `val_${name}`));
  return [...new Set(metrics)].filter(name => !validations.has(name) || !Object.hasOwn(history, name));
}

function seriesOf(history: RecordedHistory['history'], metric: string): Series[] {
  const values = history[metric];
  if (values !== undefined) {
    const validation = history[`val_${metric}`];
    const own = {name: metric, values: numbersIn(metric, values)};
    return [validation === undefined ? own : {...own, validation: numbersIn(`val_${metric}`, validation)}];
  }
  const groups = groupsOf(history, metric);
  if (groups.length === 0)
    throw new Error(
      `The history has no '${metric}'; it has ${Object.keys(history).join(', ')}. Give metrics that it has.`,
    );
  return joinedGroups(groups).map(({name, values: ofGroups}) => ({
    name: name === '' ? metric : `${metric}, ${name}`,
    values: ofGroups,
  }));
}

/** The columns `lr_0`, `lr_1` and so on, which `record` writes. */
function groupsOf(history: RecordedHistory['history'], hyper: string): number[][] {
  const groups: number[][] = [];
  for (;;) {
    const name = `${hyper}_${groups.length}`;
    const column = history[name];
    if (column === undefined) return groups;
    groups.push(numbersIn(name, column));
  }
}

function numbersIn(name: string, column: readonly unknown[]): number[] {
  return column.map(value => {
    if (typeof value === 'number') return value;
    throw new Error(`'${name}' of the history must have numbers; got ${shown(value)}. Draw it when fit has ended.`);
  });
}
