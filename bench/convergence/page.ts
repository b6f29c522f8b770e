// `npm run choosing`: writes the tables of docs/choosing.md and docs/choosing_figures.md, and the pictures, from
// docs/data/convergence.json. With `--check`, fails where they say something else.
import {dirname} from 'node:path';

import {filledPage, writeGenerated} from '../../tools/generated.mjs';
import {table} from '../markdown_table';
import {MOST_CURVES, picture} from './pictures';
import {readResults, type Results} from './records';
import {cellsOf, type Line, linesOf} from './report';
import {defaults, overall, poorDefaults, suggestions} from './summary';
import {middle, sensitivity} from './tables';
import {type Task, TASKS} from './tasks';

const DATA = 'docs/data/convergence.json';
/** The page for readers with ten minutes. */
const PAGE = 'docs/choosing.md';
/** The page with all figures. */
const FIGURES = 'docs/choosing_figures.md';

const byLoss = (lines: readonly Line[]): Line[] => [...lines].sort((a, b) => middle(a) - middle(b));

const pictureFile = ({name}: Task, against: string): string => `choosing_${name}_${against}.svg`;

/** The lines of a picture: the best ones, with the better schedule of each optimizer, and adamW. */
function drawn(lines: readonly Line[]): readonly Line[] {
  const best = byLoss(lines).filter(
    (line, i, all) =>
      Number.isFinite(middle(line)) && all.findIndex(({optimizer}) => optimizer === line.optimizer) === i,
  );
  const first = best.slice(0, MOST_CURVES);
  const adamW = best.find(({optimizer}) => optimizer === 'adamW');
  return adamW === undefined || first.includes(adamW) ? first : [...first.slice(0, MOST_CURVES - 1), adamW];
}

const linesOfTask = (lines: readonly Line[], {name}: Task): Line[] => lines.filter(({task}) => task === name);

function source({machine, runs}: Results): string {
  const {processor, cores, node, tfjs, date} = machine;
  const versions = `Node ${node}, TensorFlow.js ${tfjs}`;
  return `${processor}, ${cores} cores, ${versions}, ${date.slice(0, 10)}; ${runs.length} runs.`;
}

function pictures(task: Task): string {
  return [
    `### ${task.title}`,
    `![Loss against steps](${pictureFile(task, 'steps')})`,
    `![Loss against seconds](${pictureFile(task, 'seconds')})`,
  ].join('\n\n');
}

/** The generated part of the page for readers with ten minutes. */
function summaryOf(results: Results, lines: readonly Line[]): string {
  return [
    source(results),
    '### All tasks',
    'The loss in times of that of `adamW` at its best rate; below 1 is better. Each optimizer has its better ' +
      'schedule: `c` marks a constant rate, the others are one-cycle. `all tasks` is the geometric mean. Memory is ' +
      "in times of the weights'. Time per step is in times of that of `adamW`, with the range of the tasks. The last " +
      'four columns are how many times the loss grows if the rate is off by this factor: the median of the tasks.',
    table(overall(lines)),
    '### What `lrFind` suggests for `adamW`',
    table(suggestions(lines)),
    '### The default rates',
    'How many times the default the best constant rate is, and after the colon how many times the loss grows at ' +
      'the default (both in the search, at the places of its grid):',
    table(defaults(lines)),
    poorDefaults(lines),
    ...TASKS.map(pictures),
  ].join('\n\n');
}

function section(task: Task, lines: readonly Line[]): string {
  return [
    `## ${task.title}`,
    `${task.steps} steps of ${task.batch} examples. The best median loss comes first.`,
    table(byLoss(lines).map(cellsOf)),
    'How many times the loss grows at the other rates of the grid, in the search:',
    table(lines.filter(({search}) => search.length > 0).map(sensitivity)),
  ].join('\n\n');
}

/** The generated part of the page with all figures. */
function figuresOf(results: Results, lines: readonly Line[]): string {
  return [source(results), ...TASKS.map(task => section(task, linesOfTask(lines, task)))].join('\n\n');
}

/** What is to be in the files that come from the figures, by file. */
async function filesOf(results: Results): Promise<ReadonlyMap<string, string>> {
  const lines = linesOf(results.runs, results.times);
  const drawings = TASKS.flatMap(task =>
    (['steps', 'seconds'] as const).map(
      against =>
        [`${dirname(PAGE)}/${pictureFile(task, against)}`, picture(drawn(linesOfTask(lines, task)), against)] as const,
    ),
  );
  return new Map([
    [PAGE, await filledPage(PAGE, 'figures', summaryOf(results, lines))],
    [FIGURES, await filledPage(FIGURES, 'figures', figuresOf(results, lines))],
    ...drawings,
  ]);
}

writeGenerated(await filesOf(readResults(DATA)), 'npm run choosing');
