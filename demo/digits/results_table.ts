import {breakable} from '../shared/breakable';
import {element, html} from '../shared/dom';
import {milliseconds, percent} from '../shared/numbers';
import {swatch} from '../shared/swatch';
import {YARDSTICK} from './entrants';
import {accuracyOf, lossOf, ranked, type RankedBy} from './ranking';
import type {Run, Runner} from './run';
import {MEASURED} from './session';
import {computesLater, MEASUREMENTS} from './timing';

/** The row of one contestant. */
interface Row {
  readonly row: HTMLTableRowElement;
  readonly rank: HTMLTableCellElement;
  readonly loss: HTMLTableCellElement;
  readonly accuracy: HTMLTableCellElement;
  /** Milliseconds of the optimizer, and of the whole step. */
  readonly optimizer: HTMLTableCellElement;
  readonly whole: HTMLTableCellElement;
}

/** What the ranks are by, and how to change that. */
const SORTED: Readonly<Record<RankedBy, string>> = {
  accuracy: 'Sorted by accuracy on held-out digits. Press Training loss to sort by loss.',
  loss: 'Sorted by training loss. Press Accuracy to sort by accuracy on held-out digits.',
};

/** The figures of each contestant, ranked. The table is also the legend of the charts. */
export class ResultsTable {
  readonly #body = element('results', HTMLTableSectionElement);
  readonly #note = element('measured', HTMLParagraphElement);
  readonly #heads: ReadonlyMap<RankedBy, HTMLTableCellElement> = new Map([
    ['loss', element('loss-head', HTMLTableCellElement)],
    ['accuracy', element('accuracy-head', HTMLTableCellElement)],
  ]);
  #by: RankedBy = 'accuracy';
  #rows = new Map<Runner, Row>();
  #shown: Run | undefined;

  constructor() {
    for (const by of this.#heads.keys()) {
      element(`by-${by}`, HTMLButtonElement).addEventListener('click', () => {
        this.#by = by;
        this.#rank(true);
      });
    }
    this.#rank(true);
  }

  /** @param sorted whether the best one comes first. Rows that move all the time are hard to read. */
  draw(run: Run, sorted: boolean): void {
    if (run !== this.#shown) this.#begin(run);
    const yardstick = run.contestants.find(({entrant}) => entrant.name === YARDSTICK.name)?.times.typical;
    for (const [runner, {loss, accuracy, optimizer, whole}] of this.#rows) {
      const {typical} = runner.times;
      const share = accuracyOf(runner);
      const isYardstick = runner.entrant.name === YARDSTICK.name;
      loss.replaceChildren(decimals(lossOf(runner)));
      accuracy.replaceChildren(share === undefined ? '–' : percent(share));
      optimizer.replaceChildren(...timed(typical?.optimizer, isYardstick ? undefined : yardstick?.optimizer));
      whole.replaceChildren(...timed(typical?.whole, isYardstick ? undefined : yardstick?.whole));
    }
    this.#rank(sorted);
  }

  #rank(sorted: boolean): void {
    for (const [by, head] of this.#heads) {
      if (by !== this.#by) head.removeAttribute('aria-sort');
      else head.setAttribute('aria-sort', by === 'loss' ? 'ascending' : 'descending');
    }
    const begun = this.#shown !== undefined && this.#shown.step > 0;
    const rows = ranked([...this.#rows.keys()], this.#by).flatMap(runner => this.#rows.get(runner) ?? []);
    rows.forEach(({rank}, i) => {
      rank.textContent = begun ? String(i + 1) : '–';
    });
    if (this.#shown !== undefined) this.#note.textContent = `${SORTED[this.#by]} ${noteFor(this.#shown)}`;
    if (sorted && rows.some(({row}, i) => row !== this.#body.children[i]))
      this.#body.append(...rows.map(({row}) => row));
  }

  #begin(run: Run): void {
    this.#shown = run;
    this.#rows = new Map(
      run.contestants.map(runner => {
        const {look, name} = runner.entrant;
        const [rank, loss, accuracy, optimizer, whole] = [
          html('td', {class: 'rank'}),
          html('td'),
          html('td'),
          html('td'),
          html('td'),
        ];
        const heading = html('th', {scope: 'row'}, swatch(look), html('span', {}, ...breakable(name)));
        const row = html('tr', {}, rank, heading, loss, accuracy, optimizer, whole);
        return [runner, {row, rank, loss, accuracy, optimizer, whole}];
      }),
    );
    this.#body.replaceChildren(...[...this.#rows.values()].map(({row}) => row));
  }
}

function decimals(loss: number | undefined): string {
  return loss === undefined ? '–' : loss.toFixed(loss < 0.1 ? 4 : 3);
}

function timed(ms: number | undefined, yardstick: number | undefined): Array<Node | string> {
  if (ms === undefined) return ['–'];
  return [
    milliseconds(ms),
    ...(yardstick === undefined ? [] : [html('small', {}, `${(yardstick / ms).toFixed(1)} ×`)]),
  ];
}

function noteFor({setup, waiting}: Run): string {
  const what =
    'Milliseconds per step, and how many times as fast as tf.train.adam that is. Optimizer: from gradients to new ' +
    'weights. Step: from a batch on the device to new weights. ' +
    `Each figure is the mean of the middle half of the last ${MEASUREMENTS} measurements.`;
  if (!computesLater(setup.backend)) return what;
  const read = waiting === undefined ? '' : ` The read alone takes ${milliseconds(waiting)} ms, which is included.`;
  return (
    `${what} Every ${MEASURED}th step is measured. The clock stops when the GPU has finished, ` +
    `which the page finds out by reading one number.${read}`
  );
}
