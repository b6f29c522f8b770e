import {html} from '../shared/dom';
import {percent} from '../shared/numbers';

interface Bar {
  readonly meter: HTMLSpanElement;
  readonly text: HTMLSpanElement;
}

/** A list of the probabilities of some answers, as bars and in percent. */
export class Shares {
  readonly #list: HTMLOListElement;
  #bars: readonly Bar[] = [];

  constructor(list: HTMLOListElement) {
    this.#list = list;
  }

  /** Sets the answers. The bars are empty then. */
  of(names: readonly string[]): void {
    this.#bars = names.map(() => ({
      meter: html('span', {class: 'meter', 'aria-hidden': 'true'}),
      text: html('span', {class: 'share'}),
    }));
    this.#list.replaceChildren(
      ...this.#bars.map(({meter, text}, i) => html('li', {}, html('span', {}, names[i] ?? ''), meter, text)),
    );
    this.show(undefined);
  }

  /** @param probabilities one per answer; undefined empties the bars. */
  show(probabilities: readonly number[] | undefined): void {
    this.#bars.forEach(({meter, text}, i) => {
      const probability = probabilities?.[i];
      // Without a reading, the bars are empty.
      meter.style.setProperty('--share', String(probability ?? 0));
      text.textContent = probability === undefined ? '' : percent(probability);
    });
  }
}
