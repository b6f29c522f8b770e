import {at} from '../../examples/support/lookup';
import type {Row} from '../markdown_table';
import {medianOf} from '../wasm_training/measure';
import {CONTESTANTS, placeOf, rateAt} from './contestants';
import {digits, type Line, range} from './report';
import {factor, FACTORS, growth, middle} from './tables';
import {TASKS} from './tasks';

const LR_FIND = 'adamW at lrFind';

/** The better schedule of an optimizer on a task; undefined where it was not measured. */
function bestOf(lines: readonly Line[], task: string, optimizer: string): Line | undefined {
  const own = lines.filter(line => line.task === task && line.optimizer === optimizer);
  return own.length === 0 ? undefined : own.reduce((a, b) => (middle(b) < middle(a) ? b : a));
}

const namesOf = (lines: readonly Line[]): string[] => [...new Set(lines.map(({optimizer}) => optimizer))];

/** The median of the values that were measured; NaN without any. */
function medianOfKnown(values: readonly number[]): number {
  const known = values.filter(value => !Number.isNaN(value));
  return known.length === 0 ? NaN : medianOf(known);
}

/** One row per optimizer, over all tasks. The best mean of losses comes first. */
export function overall(lines: readonly Line[]): Row[] {
  const adamW = new Map(TASKS.map(({name}) => [name, bestOf(lines, name, 'adamW')]));
  const rows = namesOf(lines).map(optimizer => {
    const best = TASKS.map(({name}) => bestOf(lines, name, optimizer));
    const ratios = best.map(line => {
      const reference = line && adamW.get(line.task);
      return reference === undefined || line === undefined ? NaN : middle(line) / middle(reference);
    });
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    const known = best.filter(line => line !== undefined);
    const times = known.flatMap(({time}) => (time === undefined ? [] : [time.ratio]));
    const cells: Row = {
      optimizer,
      ...Object.fromEntries(
        TASKS.map(({name}, i) => {
          const isConstant = best[i]?.schedule === 'constant';
          return [name, `${factor(at(ratios, i))}${isConstant ? ' c' : ''}`];
        }),
      ),
      'all tasks': factor(mean),
      memory: range(known.map(({memory}) => memory)),
      'time per step': range(times),
      ...Object.fromEntries(
        Object.entries(FACTORS).map(([name, shift]) => [
          name,
          factor(medianOfKnown(known.filter(({search}) => search.length > 0).map(line => growth(line, shift)))),
        ]),
      ),
    };
    // What was not measured on all tasks has no mean, and comes last.
    return {cells, order: Number.isNaN(mean) ? Infinity : mean};
  });
  return rows.sort((a, b) => (a.order === b.order ? 0 : a.order - b.order)).map(({cells}) => cells);
}

/** How far `lrFind`'s suggestions are from the searched rate of `adamW`, per task and schedule. */
export function suggestions(lines: readonly Line[]): Row[] {
  return lines
    .filter(({optimizer}) => optimizer === LR_FIND)
    .flatMap(line => {
      const {task, schedule, rates} = line;
      const searched = lines.find(one => one.task === task && one.schedule === schedule && one.optimizer === 'adamW');
      if (searched === undefined) return [];
      const best = at(searched.rates, 0);
      return [
        {
          task,
          schedule,
          'suggested, all seeds': range(rates),
          'best of the grid': digits(best),
          'suggested ÷ best': range(rates.map(rate => rate / best)),
          'loss ÷ loss at the best': factor(middle(line) / middle(searched)),
        },
      ];
    });
}

interface Default {
  readonly task: string;
  /** The best rate, in times of the default's place in the grid. */
  readonly away: number;
  /** The loss at the default, in times of that at the best rate, in the search. */
  readonly growth: number;
}

/** What the search at a constant rate says about the default of each rule, by its name. */
function defaultsOf(lines: readonly Line[]): ReadonlyMap<string, {readonly rate: number; readonly by: Default[]}> {
  return new Map(
    CONTESTANTS.flatMap(({name, rates}) => {
      if ('always' in rates) return [];
      const place = placeOf(rates.searchFrom);
      const own = lines.filter(({optimizer, schedule}) => optimizer === name && schedule === 'constant');
      const by = own.map(line => {
        const best = at(line.rates, 0);
        return {task: line.task, away: best / rateAt(place), growth: growth(line, place - placeOf(best))};
      });
      return by.length === 0 ? [] : [[name, {rate: rates.searchFrom, by}] as const];
    }),
  );
}

/** The best rate in times of the default, and what the default costs: one row per rule. */
export function defaults(lines: readonly Line[]): Row[] {
  return [...defaultsOf(lines)].map(([optimizer, {rate, by}]) => ({
    optimizer,
    default: digits(rate),
    ...Object.fromEntries(
      TASKS.map(({name}) => {
        const one = by.find(({task}) => task === name);
        return [name, one === undefined ? '–' : `× ${digits(one.away)}: ${factor(one.growth)}`];
      }),
    ),
  }));
}

/** The grid has two digits, so a factor of ten is one of about ten. */
const FAR = 9;
/** A loss that grows more than this is called much worse. */
const MUCH = 1.3;

/** The rules whose default does poorly on all tasks, as sentences. */
export function poorDefaults(lines: readonly Line[]): string {
  const complete = [...defaultsOf(lines)].filter(([, {by}]) => by.length === TASKS.length);
  const named = (isPoor: (one: Default) => boolean): string => {
    const names = complete.filter(([, {by}]) => by.every(isPoor)).map(([name]) => `\`${name}\``);
    return names.length === 0 ? 'none' : names.join(', ');
  };
  return [
    `The best rate is at least ten times the default on all tasks: ${named(({away}) => away >= FAR)}.`,
    `It is at most a tenth of the default on all tasks: ${named(({away}) => away <= 1 / FAR)}.`,
    `The loss at the default is more than ${MUCH} times the best on all tasks: ${named(one => one.growth > MUCH)}.`,
  ]
    .map(sentence => `- ${sentence}`)
    .join('\n');
}
