import type * as tf from '@tensorflow/tfjs-core';

import {dict, flag, list, malformed, number, numbers, text} from '../util/config_reader';
import type {ScheduleState} from './running';
import type {Schedule} from './schedule';

/** Real schedules are not combined more deeply than this. Reading this many layers does not overflow the stack. */
const DEEPEST = 100;

type Fixed = Schedule<readonly number[]>;

/**
 * The schedules as tfjs saves them: numbers, and texts only under the key `name`. tfjs changes all other texts to snake
 * case when it saves them.
 */
export function writeSchedule({hypers, parts, ...span}: ScheduleState): tf.serialization.ConfigDict {
  return {
    ...(span.steps === undefined ? {seconds: span.seconds, spent: span.spent} : {steps: span.steps, step: span.step}),
    hypers: hypers.map(({name, schedule, before, keep, released}) => ({
      name,
      before: [...before],
      schedule: write(schedule),
      ...(keep === undefined ? {} : {keep}),
      ...(released === undefined ? {} : {released: [...released]}),
    })),
    ...(parts && {parts: parts.map(part => (part === undefined ? {} : writeSchedule(part)))}),
  };
}

/** Reads what `writeSchedule` wrote. @throws for anything else, and where the number of groups is another one. */
export function readSchedule(
  from: Readonly<Record<string, unknown>>,
  groups: number,
  mayHaveParts = true,
): ScheduleState {
  const column = (of: Readonly<Record<string, unknown>>, key: string) => {
    const values = numbers(of, key);
    return values.length === groups ? values : malformed(key);
  };
  const groupsIn = (of: Readonly<Record<string, unknown>>, key: string) => {
    const indices = numbers(of, key);
    return indices.every(index => Number.isInteger(index) && index >= 0 && index < groups) ? indices : malformed(key);
  };
  const read = (of: Readonly<Record<string, unknown>>, depth = 0): Fixed => {
    if (depth > DEEPEST)
      throw new Error(`A saved schedule must not combine schedules in more than ${DEEPEST} layers.`);
    const kind = text(of, 'name');
    if (kind === 'combined')
      return {kind, pcts: numbers(of, 'pcts'), parts: list(of, 'parts').map(part => read(part, depth + 1))};
    const ends = {start: column(of, 'start'), end: column(of, 'end')};
    if (kind === 'poly') return {kind, ...ends, power: number(of, 'power')};
    return kind === 'lin' || kind === 'cos' || kind === 'no' || kind === 'exp'
      ? {kind, ...ends}
      : malformed('schedule');
  };
  return {
    ...('seconds' in from
      ? {seconds: number(from, 'seconds'), spent: number(from, 'spent')}
      : {steps: number(from, 'steps'), step: number(from, 'step')}),
    ...(mayHaveParts && 'parts' in from
      ? {
          parts: list(from, 'parts').map((part, _, {length}) =>
            'hypers' in part ? readSchedule(part, groups / length, false) : undefined,
          ),
        }
      : {}),
    hypers: list(from, 'hypers').map(hyper => ({
      name: text(hyper, 'name'),
      before: column(hyper, 'before'),
      schedule: read(dict(hyper, 'schedule')),
      ...('keep' in hyper ? {keep: flag(hyper, 'keep')} : {}),
      ...('released' in hyper ? {released: groupsIn(hyper, 'released')} : {}),
    })),
  };
}

function write(schedule: Fixed): tf.serialization.ConfigDict {
  if (schedule.kind === 'combined')
    return {name: schedule.kind, pcts: [...schedule.pcts], parts: schedule.parts.map(write)};
  const {kind, start, end, power} = schedule;
  return {name: kind, start: [...start], end: [...end], ...(power === undefined ? {} : {power})};
}
