import {at} from '../../examples/support/lookup';
import {type Fields, type LinkedOptimizer, LinkReader, optimizersText} from '../shared/link';
import {COURSE_KINDS} from './course';
import {entrantNamed, ENTRANTS, YARDSTICK} from './entrants';
import {MODEL_NAMES} from './models';
import {CHOSEN, RANGES, type Setup} from './setup';

/**
 * The settings in a link, and what of it was ignored. Settings that the link lacks have their usual values.
 * @param backends the names of those that this browser has.
 */
export function read(
  fields: Fields,
  backends: readonly string[],
): {readonly setup: Setup; readonly notes: readonly string[]} {
  const link = new LinkReader(fields);
  const number = (name: keyof typeof RANGES) => link.number(name, RANGES[name].usual, {...RANGES[name], whole: true});
  const given = link.optimizers(
    ENTRANTS.map(({name}) => name),
    (_, hyper, x) => hyper === 'lr' && x > 0 && Number.isFinite(x),
  );
  const usual: readonly LinkedOptimizer[] = CHOSEN.map(name => ({name, hypers: {}}));
  const chosen = new Map((given ?? usual).map(({name, hypers}) => [name, hypers]));
  // The one that all are compared with always takes part.
  if (!chosen.has(YARDSTICK.name)) chosen.set(YARDSTICK.name, {});
  const setup: Setup = {
    backend: link.choice('backend', at(backends, 0), backends),
    model: link.choice('model', 'conv', MODEL_NAMES),
    schedule: link.choice('schedule', 'oneCycle', COURSE_KINDS),
    digits: number('digits'),
    batch: number('batch'),
    epochs: number('epochs'),
    cycles: number('cycles'),
    seed: number('seed'),
    lrs: Object.fromEntries([...chosen].map(([name, {lr = entrantNamed(name).lr}]) => [name, lr])),
  };
  link.end();
  return {setup, notes: link.notes};
}

/** The fields of a link that `read` makes the same setup of. */
export function fieldsFor({backend, model, schedule, digits, batch, epochs, cycles, seed, lrs}: Setup): Fields {
  return new Map([
    ['view', 'digits'],
    ['backend', backend],
    ['model', model],
    ['schedule', schedule],
    ['digits', String(digits)],
    ['batch', String(batch)],
    ['epochs', String(epochs)],
    ['cycles', String(cycles)],
    ['seed', String(seed)],
    ['opts', optimizersText(Object.entries(lrs).map(([name, lr]) => ({name, hypers: {lr}})))],
  ]);
}
