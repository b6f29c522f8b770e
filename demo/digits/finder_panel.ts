import type {LrFindResult} from 'tfjs-optim';

import {at} from '../../examples/support/lookup';
import {LineChart} from '../shared/chart';
import {element, html, onPress, setEnabled} from '../shared/dom';
import {short} from '../shared/numbers';
import {entrantNamed} from './entrants';
import {TRIED} from './finder';

/** Searches a learning rate for the optimizer of that name. Calls `onStep` after each step. */
export type Search = (
  name: string,
  signal: AbortSignal,
  onStep: (step: number) => void,
) => Promise<LrFindResult | undefined>;

/** The learning-rate finder: choice of an optimizer, search, plot, and a button that uses the suggested rate. */
export class FinderPanel {
  readonly #search: Search;
  readonly #guarded: (act: () => Promise<void>) => void;
  readonly #choice = element('finder-optimizer', HTMLSelectElement);
  readonly #find = element('find', HTMLButtonElement);
  readonly #take = element('take', HTMLButtonElement);
  readonly #text = element('finder-text', HTMLParagraphElement);
  readonly #chart = new LineChart(element('finder-chart', HTMLDivElement), {
    label: 'Smoothed loss by learning rate',
    x: {log: true, format: short},
    y: {log: true, format: short},
  });
  #free = false;
  #cancel: AbortController | undefined;
  #suggestion: {readonly name: string; readonly lr: number} | undefined;

  /** @param take is called when the visitor uses the suggested rate. */
  constructor(search: Search, guarded: (act: () => Promise<void>) => void, take: (name: string, lr: number) => void) {
    this.#search = search;
    this.#guarded = guarded;
    onPress(this.#find, () => {
      if (this.#cancel === undefined) this.#guarded(() => this.#run());
      else this.#cancel.abort();
    });
    onPress(this.#take, () => {
      if (this.#suggestion === undefined) return;
      const {name, lr} = this.#suggestion;
      take(name, lr);
      this.#text.textContent = `The learning rate of ${name} is now ${short(lr)}.`;
    });
    this.#refresh();
    this.#chart.draw([]);
  }

  /** Sets the optimizers to choose from. */
  offer(names: readonly string[]): void {
    const {value} = this.#choice;
    this.#choice.replaceChildren(...names.map(name => html('option', {}, name)));
    if (names.includes(value)) this.#choice.value = value;
  }

  /** Ends a search that runs. */
  cancel(): void {
    this.#cancel?.abort();
  }

  /** @param free whether a search can start now. */
  enable(free: boolean): void {
    this.#free = free;
    this.#refresh();
  }

  #refresh(): void {
    setEnabled(this.#find, this.#cancel !== undefined || (this.#free && this.#choice.options.length > 0));
    setEnabled(this.#take, this.#suggestion !== undefined);
    this.#find.textContent = this.#cancel === undefined ? 'Find' : 'Cancel';
    this.#take.textContent =
      this.#suggestion === undefined ? 'Use it' : `Use ${short(this.#suggestion.lr)} for ${this.#suggestion.name}`;
  }

  async #run(): Promise<void> {
    const name = this.#choice.value;
    const cancel = new AbortController();
    this.#cancel = cancel;
    this.#suggestion = undefined;
    this.#refresh();
    try {
      const found = await this.#search(name, cancel.signal, step => {
        this.#text.textContent = `Step ${step} of at most ${TRIED}.`;
      });
      if (found !== undefined) this.#draw(name, found);
    } catch (error) {
      if (!cancel.signal.aborted) throw error;
      this.#text.textContent = 'Cancelled.';
    } finally {
      this.#cancel = undefined;
      this.#refresh();
    }
  }

  #draw(name: string, {lrs, losses, valley}: LrFindResult): void {
    const points = lrs.map((x, i) => ({x, y: at(losses, i)}));
    this.#chart.draw([{...entrantNamed(name), points}], {mark: valley});
    this.#suggestion = valley === undefined ? undefined : {name, lr: Number(valley.toPrecision(2))};
    this.#text.textContent =
      valley === undefined
        ? `The search found no learning rate for ${name}.`
        : `For ${name}: ${short(valley)}, in the longest stretch in which the loss falls. ` +
          'The weights are as they were before the search.';
  }
}
