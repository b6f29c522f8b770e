import recorded from '../../docs/data/demo_example.json';
import {defined} from '../../examples/support/lookup';
import {fieldsOf} from '../shared/link';
import type {History} from './contestant';
import {entrantNamed} from './entrants';
import {read} from './link';
import type {Run} from './run';
import {stepsOf} from './setup';
import type {Times} from './timing';

/** A finished run in a file that `npm run demo:example` writes. */
export interface Recorded {
  /** The day, as in 2026-11-29. */
  readonly date: string;
  readonly machine: string;
  /** The setup, as a link of the page. */
  readonly link: string;
  readonly contestants: ReadonlyArray<{readonly name: string; readonly history: History; readonly times: Times}>;
}

/** The run that the page shows before the visitor starts one, and a sentence that says what it is. */
export interface Example {
  readonly run: Run;
  readonly label: string;
}

/** @throws where the file does not have the form that the page shows. */
export function exampleOf({date, machine, link, contestants}: Recorded = recorded): Example {
  const fields = fieldsOf(link);
  const {setup, notes} = read(fields, [defined(fields.get('backend'), 'backend in the link of the example run')]);
  if (notes.length > 0)
    throw new Error(`The link of the example run has settings that the page lacks: ${notes.join('; ')}.`);
  const steps = stepsOf(setup);
  const run: Run = {
    setup,
    step: steps,
    steps,
    waiting: undefined,
    contestants: contestants.map(({name, history, times}) => ({
      entrant: entrantNamed(name),
      history,
      times: {typical: times},
    })),
  };
  return {run, label: `This is an example run, of ${date} on ${machine}. Press Train: your own run takes its place.`};
}
