import {element, html} from '../shared/dom';
import {milliseconds, percent} from '../shared/numbers';
import {swatch} from '../shared/swatch';
import type {Contestant} from './contestant';
import {YARDSTICK} from './entrants';
import {MEASURED, type Session} from './session';
import {smoothed} from './smoothing';
import {computesLater, MEASUREMENTS} from './timing';

/** The cells of one contestant. */
interface Cells {
  readonly loss: HTMLTableCellElement;
  readonly accuracy: HTMLTableCellElement;
  /** Milliseconds of the optimizer, and of the whole step. */
  readonly optimizer: HTMLTableCellElement;
  readonly whole: HTMLTableCellElement;
}

/** The figures of each contestant. The table is also the legend of the charts. */
export class ResultsTable {
  readonly #body = element('results', HTMLTableSectionElement);
  readonly #note = element('measured', HTMLParagraphElement);
  #cells = new Map<Contestant, Cells>();
  #shown: Session | undefined;

  draw(session: Session | undefined): void {
    if (session !== this.#shown) this.#begin(session);
    const yardstick = session?.contestant(YARDSTICK.name)?.times.typical;
    for (const [{history, times, entrant}, {loss, accuracy, optimizer, whole}] of this.#cells) {
      const {typical} = times;
      const score = history.scores.at(-1);
      const isYardstick = entrant.name === YARDSTICK.name;
      loss.replaceChildren(decimals(smoothed(history.losses).at(-1)));
      accuracy.replaceChildren(score === undefined ? '–' : percent(score.accuracy));
      optimizer.replaceChildren(...timed(typical?.optimizer, isYardstick ? undefined : yardstick?.optimizer));
      whole.replaceChildren(...timed(typical?.whole, isYardstick ? undefined : yardstick?.whole));
    }
    this.#note.textContent = noteFor(session);
  }

  #begin(session: Session | undefined): void {
    this.#shown = session;
    const contestants = session === undefined ? [] : session.contestants;
    this.#cells = new Map(
      contestants.map(contestant => [
        contestant,
        {loss: html('td'), accuracy: html('td'), optimizer: html('td'), whole: html('td')},
      ]),
    );
    this.#body.replaceChildren(
      ...[...this.#cells].map(([{entrant}, {loss, accuracy, optimizer, whole}]) => {
        const heading = html('th', {scope: 'row'}, swatch(entrant.look), html('span', {}, entrant.name));
        return html('tr', {}, heading, loss, accuracy, optimizer, whole);
      }),
    );
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

function noteFor(session: Session | undefined): string {
  const what =
    'Milliseconds per step, and how many times as fast as tf.train.adam that is. Optimizer: from gradients to new ' +
    'weights. Step: from a batch on the device to new weights. ' +
    `Each figure is the mean of the middle half of the last ${MEASUREMENTS} measurements.`;
  if (session === undefined || !computesLater()) return what;
  const waiting =
    session.waiting === undefined
      ? ''
      : ` The read alone takes ${milliseconds(session.waiting)} ms, which is included.`;
  return (
    `${what} Every ${MEASURED}th step is measured. The clock stops when the GPU has finished, ` +
    `which the page finds out by reading one number.${waiting}`
  );
}
