import {optimizers} from 'tfjs-optim';

import {at, defined} from '../../examples/support/lookup';
import {type Fields, LinkReader, optimizersText} from '../shared/link';
import {functionNamed, FUNCTIONS} from './functions';
import {rateFor} from './rates';
import {type Hypers, isScheduleName, type LandscapeSetup, SCHEDULES, SPEEDS, STEPS, USUAL_SPEED} from './setup';
import {isAllowed} from './sliders';

/** The optimizers of a page that was opened without a link. */
const CHOSEN: readonly string[] = ['sgd', 'rmsProp', 'adam', 'lion', 'adan'];
/** The largest coordinate of a start. */
const FAR = 100;

/** The settings of a page that was opened without a link. */
export function usualSetup(): LandscapeSetup {
  return read(new Map()).setup;
}

/** The settings in a link, and what of it was ignored. Settings that the link lacks have their usual values. */
export function read(fields: Fields): {readonly setup: LandscapeSetup; readonly notes: readonly string[]} {
  const link = new LinkReader(fields);
  const names = FUNCTIONS.map(({name}) => name);
  const f = defined(functionNamed(link.choice('f', at(names, 0), names)), 'function of the link');
  const {parameter} = f;
  const schedules = Object.keys(SCHEDULES).filter(isScheduleName);
  const given = link.optimizers(
    optimizers.map(({name}) => name),
    isAllowed,
  );
  const chosen = given ?? CHOSEN.map(name => ({name, hypers: {}}));
  const setup: LandscapeSetup = {
    f: f.name,
    parameter:
      parameter === undefined
        ? 0
        : link.number(parameter.name, parameter.usual, {least: parameter.least, most: parameter.most}),
    start: link.pair('start', f.start, FAR),
    steps: link.number('steps', STEPS.usual, {least: STEPS.least, most: STEPS.most, whole: true}),
    schedule: link.choice('schedule', 'constant', schedules),
    speed: Number(link.choice('speed', String(USUAL_SPEED), SPEEDS.map(String))),
    optimizers: Object.fromEntries(
      chosen.map(({name, hypers}): [string, Hypers] => [name, {lr: rateFor(name, f.name), ...hypers}]),
    ),
  };
  link.end();
  return {setup, notes: link.notes};
}

/** The fields of a link that `read` makes the same setup of. */
export function fieldsFor({f, parameter, start, steps, schedule, speed, optimizers: chosen}: LandscapeSetup): Fields {
  const named = functionNamed(f)?.parameter;
  return new Map([
    ['view', 'landscape'],
    ['f', f],
    ...(named === undefined ? [] : [[named.name, String(parameter)] as const]),
    ['start', start.join(',')],
    ['steps', String(steps)],
    ['schedule', schedule],
    ['speed', String(speed)],
    ['opts', optimizersText(Object.entries(chosen).map(([name, hypers]) => ({name, hypers})))],
  ]);
}
