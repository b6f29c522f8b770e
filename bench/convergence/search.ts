import {type Contestant, placeOf, rateAt, type Schedule} from './contestants';
import type {Task} from './tasks';
import {type Question, type Run, trained} from './trained';

/** One optimizer with one schedule on one task: its search, and the seeds at the best rate. */
export interface Cell {
  readonly task: Task;
  readonly contestant: Contestant;
  readonly schedule: Schedule;
}

/** How much is measured. */
export interface Effort {
  /** How many places of the grid are tried on each side of the first rate. */
  readonly reach: number;
  /** Whether the search goes on until as many places are tried on each side of the best rate. */
  readonly extends: boolean;
  /** How many seeds are measured. */
  readonly seeds: number;
  /** Tasks take their number of steps divided by this number. */
  readonly shortened: number;
}

export const FULL: Effort = {reach: 2, extends: true, seeds: 5, shortened: 1};
export const QUICK: Effort = {reach: 1, extends: false, seeds: 1, shortened: 10};

/** The seed of the search. The others are not used to choose a rate, so their losses are not biased by the choice. */
const SEARCH_SEED = 1;
/** The grid ends where no optimizer of the table works. */
const GRID = {first: placeOf(1e-6), last: placeOf(1000)};

/** A text that is the same for equal questions. */
export function keyOf({task, optimizer, schedule, asked, seed, steps}: Question): string {
  return [task, optimizer, schedule, asked, seed, steps].join(' | ');
}

/** Gives the run that answers a question: from the file, or by training. */
type Answer = (question: Question) => Promise<Run>;

/** The loss by which runs are compared. One that diverged is worse than all others. */
const lossOf = ({loss}: Run): number => loss ?? Infinity;

/** Makes all runs of a cell. Runs with a key in `known` are not repeated. @param onRun gets each new run. */
export async function fill(
  cell: Cell,
  effort: Effort,
  known: ReadonlyMap<string, Run>,
  onRun: (run: Run) => void,
): Promise<void> {
  const {task, contestant, schedule} = cell;
  const answer: Answer = async question => {
    const before = known.get(keyOf(question));
    if (before !== undefined) return before;
    const run = await trained(task, contestant, question);
    onRun(run);
    return run;
  };
  const question = {
    task: task.name,
    optimizer: contestant.name,
    schedule,
    steps: Math.ceil(task.steps / effort.shortened),
  };
  const {rates} = contestant;
  const asked =
    'always' in rates
      ? rates.always
      : rateAt(
          await bestPlace(placeOf(rates.searchFrom), effort, async place =>
            lossOf(await answer({...question, asked: rateAt(place), seed: SEARCH_SEED})),
          ),
        );
  for (let i = 1; i <= effort.seeds; i++) await answer({...question, asked, seed: SEARCH_SEED + i});
}

/** What has the lowest loss. Among equal losses, such as those of runs that diverged: what has the lowest rate. */
function best<T>(tried: readonly T[], lossAt: (one: T) => number, rateOf: (one: T) => number): T {
  return tried.reduce((a, b) => {
    const [x, y] = [lossAt(a), lossAt(b)];
    return y < x || (y === x && rateOf(b) < rateOf(a)) ? b : a;
  });
}

/** The place with the lowest loss. Where all runs diverge, the search goes on towards lower rates. */
async function bestPlace(
  first: number,
  {reach, extends: goesOn}: Effort,
  lossAt: (place: number) => Promise<number>,
): Promise<number> {
  const tried: Array<{readonly place: number; readonly loss: number}> = [];
  const measure = async (place: number) => {
    tried.push({place, loss: await lossAt(place)});
  };
  let [low, high] = [first - reach, first + reach];
  for (let place = low; place <= high; place++) await measure(place);
  for (;;) {
    const {place} = best(
      tried,
      one => one.loss,
      one => one.place,
    );
    if (goesOn && place - low < reach && low > GRID.first) await measure(--low);
    else if (goesOn && high - place < reach && high < GRID.last) await measure(++high);
    else return place;
  }
}

/** The number of runs of a cell, as far as it is known beforehand: the search may need more. */
export function expectedRuns({contestant: {rates}}: Cell, {reach, seeds}: Effort): number {
  return ('always' in rates ? 0 : 2 * reach + 1) + seeds;
}

/** The question of a search or of a seed: whether its seed chooses the rate. */
export function isSearch({seed}: Question): boolean {
  return seed === SEARCH_SEED;
}

/** The runs of a cell that count: those at the rate that the search found best. */
export function measuredRuns(runs: readonly Run[]): readonly Run[] {
  const searchRuns = runs.filter(isSearch);
  if (searchRuns.length === 0) return runs;
  const {asked} = best(searchRuns, lossOf, run => Number(run.asked));
  return runs.filter(run => !isSearch(run) && run.asked === asked);
}
