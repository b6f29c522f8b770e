import type {Contestant} from './contestant';
import {element, html} from './dom';
import {YARDSTICK} from './entrants';
import {milliseconds, percent} from './numbers';
import type {Session} from './session';
import {smoothed} from './smoothing';
import {swatch} from './swatch';
import {computesLater} from './timing';

/** The figures of each contestant, which is also the legend of the charts. */
export class ResultsTable {
  readonly #body = element('results', HTMLTableSectionElement);
  readonly #note = element('measured', HTMLParagraphElement);
  #cells = new Map<Contestant, readonly HTMLTableCellElement[]>();
  #shown: Session | undefined;

  draw(session: Session | undefined): void {
    if (session !== this.#shown) this.#begin(session);
    const yardstick = session?.contestant(YARDSTICK.name)?.times.typical;
    for (const [
      {
        history,
        times: {typical},
        entrant,
      },
      [loss, accuracy, optimizer, whole],
    ] of this.#cells) {
      loss?.replaceChildren(decimals(smoothed(history.losses).at(-1)));
      accuracy?.replaceChildren(history.scores.length === 0 ? '–' : percent(history.scores.at(-1)?.accuracy ?? NaN));
      const isYardstick = entrant.name === YARDSTICK.name;
      optimizer?.replaceChildren(...timed(typical?.optimizer, isYardstick ? undefined : yardstick?.optimizer));
      whole?.replaceChildren(...timed(typical?.whole, isYardstick ? undefined : yardstick?.whole));
    }
    this.#note.textContent = noteFor(session);
  }

  #begin(session: Session | undefined): void {
    this.#shown = session;
    this.#cells = new Map(
      session?.contestants.map(contestant => [contestant, Array.from({length: 4}, () => html('td'))]),
    );
    this.#body.replaceChildren(
      ...[...this.#cells].map(
        ([
          {
            entrant: {name, look},
          },
          cells,
        ]) => html('tr', {}, html('th', {scope: 'row'}, swatch(look), html('span', {}, name)), ...cells),
      ),
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
    'Milliseconds a step, and how many times as fast as tf.train.adam that is. Optimizer: from gradients to new weights; step: from a batch on ' +
    'the device to new weights. Each is the mean of the middle half of the last 101 measurements.';
  if (session === undefined || !computesLater()) return what;
  const waiting = session.waiting === undefined ? '' : `, which alone takes ${milliseconds(session.waiting)} ms`;
  return `${what} Every fourth step is measured. The clock stops when the GPU is through, which reading one number tells${waiting}.`;
}
