// `npm run whole`: writes the tables of whole steps in docs/benchmarks.md and their picture from
// docs/data/whole_steps.json. With `--check`, fails where they say something else.
import {at} from '../../examples/support/lookup';
import {filledPage, writeGenerated} from '../../tools/generated.mjs';
import {table} from '../markdown_table';
import {readResults, type Results} from '../records';
import {picture} from './picture';
import {BENCH, cellsOf, targetsOf} from './report';
import type {Row} from './row';

const DATA = 'docs/data/whole_steps.json';
const PAGE = 'docs/benchmarks.md';
const PICTURE = 'whole_steps.svg';

function section(backend: string, rows: readonly Row[]): string {
  const places = [...new Set(rows.map(({place}) => place))].join('; ');
  return `#### Whole steps on ${backend}\n\n${places}.\n\n${table(rows.flatMap(cellsOf))}`;
}

function figuresOf({machine, runs}: Results<Row>): string {
  const {processor, cores, tfjs} = machine;
  const dates = runs.map(({date}) => date.slice(0, 10)).sort();
  const backends = [...new Set(runs.map(({backend}) => backend))];
  const invalid = runs.flatMap(({entries}) => entries.filter(one => one.invalid !== undefined)).length;
  return [
    `${processor}, ${cores} cores, TensorFlow.js ${tfjs}, ${at(dates, 0)} to ${at(dates, dates.length - 1)}. ` +
      `Lines that are invalid because their losses differ from ours: ${invalid}.`,
    `![Times of whole steps relative to ours](${PICTURE})`,
    ...backends.map(backend =>
      section(
        backend,
        runs.filter(row => row.backend === backend),
      ),
    ),
    '#### Targets of whole steps',
    table(targetsOf(runs)),
  ].join('\n\n');
}

const results = readResults<Row>(DATA, BENCH);
writeGenerated(
  new Map([
    [PAGE, await filledPage(PAGE, 'figures', figuresOf(results))],
    [`docs/${PICTURE}`, picture(results.runs)],
  ]),
  'npm run whole',
);
