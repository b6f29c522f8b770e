import type * as tf from '@tensorflow/tfjs-core';
import {dict, list, malformed, number, numbers, text} from '../config_reader';
import type {ScheduleState} from './running';
import type {Schedule} from './schedule';

type Fixed = Schedule<readonly number[]>;

/** The schedules as tfjs saves them: numbers, and names under the key `name` alone. */
export function writeSchedule({steps, step, hypers}: ScheduleState): tf.serialization.ConfigDict {
  return {steps, step, hypers: hypers.map(({name, schedule, before}) => ({name, before: [...before], schedule: write(schedule)}))};
}

/** @throws where it is not what `writeSchedule` gave, or for another number of groups. */
export function readSchedule(from: Readonly<Record<string, unknown>>, groups: number): ScheduleState {
  const column = (of: Readonly<Record<string, unknown>>, key: string) => {
    const values = numbers(of, key);
    return values.length === groups ? values : malformed(key);
  };
  const read = (of: Readonly<Record<string, unknown>>): Fixed => {
    const kind = text(of, 'name');
    if (kind === 'combined') return {kind, pcts: numbers(of, 'pcts'), parts: list(of, 'parts').map(read)};
    const ends = {start: column(of, 'start'), end: column(of, 'end')};
    if (kind === 'poly') return {kind, ...ends, power: number(of, 'power')};
    return kind === 'lin' || kind === 'cos' || kind === 'no' || kind === 'exp' ? {kind, ...ends} : malformed('schedule');
  };
  return {
    steps: number(from, 'steps'), step: number(from, 'step'),
    hypers: list(from, 'hypers').map(hyper => ({name: text(hyper, 'name'), before: column(hyper, 'before'), schedule: read(dict(hyper, 'schedule'))})),
  };
}

function write(schedule: Fixed): tf.serialization.ConfigDict {
  if (schedule.kind === 'combined') return {name: schedule.kind, pcts: [...schedule.pcts], parts: schedule.parts.map(write)};
  const {kind, start, end, power} = schedule;
  return {name: kind, start: [...start], end: [...end], ...power === undefined ? {} : {power}};
}
