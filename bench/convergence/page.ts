// `npm run choosing`: writes the tables of docs/choosing.md and its pictures from docs/data/convergence.json. With
// `--check`, fails where they say something else.
import {dirname} from 'node:path';

import {at} from '../../examples/support/lookup';
import {filledPage, writeGenerated} from '../../tools/generated.mjs';
import {table} from '../markdown_table';
import {medianOf} from '../wasm_training/measure';
import {MOST_CURVES, picture} from './pictures';
import {readResults, type Results} from './records';
import {cellsOf, digits, type Line, linesOf} from './report';
import {type Task, TASKS} from './tasks';

const DATA = 'docs/data/convergence.json';
const PAGE = 'docs/choosing.md';
/** The other rates of the grid, as factors of the best one. */
const FACTORS = ['÷ 10', '÷ 3', '× 3', '× 10'] as const;

const middle = ({losses}: Line): number => medianOf(losses);
const byLoss = (lines: readonly Line[]): Line[] => [...lines].sort((a, b) => middle(a) - middle(b));

/** How many times the loss grows at the rates beside the best one, in the search. */
function sensitivity({optimizer, schedule, search, rates}: Line): Readonly<Record<string, string>> {
  const tried = [...search].sort((a, b) => Number(a.asked) - Number(b.asked));
  const best = tried.findIndex(({asked}) => asked === at(rates, 0));
  const lossAt = (place: number): number => {
    const run = tried[place];
    // A search need not have gone so far.
    return run === undefined ? NaN : (run.loss ?? Infinity);
  };
  const cells = [-2, -1, 1, 2].map(shift => {
    const ratio = lossAt(best + shift) / lossAt(best);
    return ratio === Infinity ? 'diverged' : digits(ratio);
  });
  return {
    optimizer,
    schedule,
    rate: digits(at(rates, 0)),
    ...Object.fromEntries(FACTORS.map((factor, i) => [factor, at(cells, i)])),
  };
}

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

function section(task: Task, lines: readonly Line[]): string {
  const searched = lines.filter(({search}) => search.length > 0);
  return [
    `### ${task.title}\n`,
    `${task.steps} steps of ${task.batch} examples. The best median loss comes first.\n`,
    table(byLoss(lines).map(cellsOf)),
    `\n![Loss against steps](${pictureFile(task, 'steps')})\n`,
    `![Loss against seconds](${pictureFile(task, 'seconds')})\n`,
    'How many times the loss grows at the other rates of the grid, in the search:\n',
    table(searched.map(sensitivity)),
  ].join('\n');
}

function figuresOf({machine, runs}: Results): string {
  const {processor, cores, node, tfjs, date} = machine;
  const lines = linesOf(runs);
  return [
    `${processor}, ${cores} cores, Node ${node}, TensorFlow.js ${tfjs}, ${date.slice(0, 10)}; ${runs.length} runs.`,
    ...TASKS.map(task => section(task, linesOfTask(lines, task))),
  ].join('\n\n');
}

const linesOfTask = (lines: readonly Line[], {name}: Task): Line[] => lines.filter(({task}) => task === name);

/** What is to be in the files that come from the figures, by file. */
async function filesOf(results: Results): Promise<ReadonlyMap<string, string>> {
  const page = await filledPage(PAGE, 'figures', figuresOf(results));
  const lines = linesOf(results.runs);
  const pictures = TASKS.flatMap(task =>
    (['steps', 'seconds'] as const).map(
      against =>
        [`${dirname(PAGE)}/${pictureFile(task, against)}`, picture(drawn(linesOfTask(lines, task)), against)] as const,
    ),
  );
  return new Map([[PAGE, page], ...pictures]);
}

writeGenerated(await filesOf(readResults(DATA)), 'npm run choosing');
