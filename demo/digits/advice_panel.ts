import {element, html} from '../shared/dom';
import {adviceFor, type NextStep, wordsFor} from './advice';
import type {Session} from './session';

/** What a finished training shows, and buttons to go on. */
export class AdvicePanel {
  readonly #panel = element('advice', HTMLDivElement);
  readonly #text = element('advice-text', HTMLParagraphElement);
  readonly #buttons = element('advice-buttons', HTMLDivElement);
  readonly #take: (step: NextStep) => void;

  /** @param take is called when the visitor takes a next step. */
  constructor(take: (step: NextStep) => void) {
    this.#take = take;
  }

  /** @param session a finished training; undefined while there is none. */
  draw(session: Session | undefined): void {
    if (session === undefined) {
      this.#panel.hidden = true;
      return;
    }
    const {text, next} = adviceFor(session);
    // The same text again would be read again by a screen reader.
    if (!this.#panel.hidden && this.#text.textContent === text) return;
    this.#panel.hidden = false;
    this.#text.textContent = text;
    this.#buttons.replaceChildren(...next.map(step => this.#buttonFor(step)));
  }

  #buttonFor(step: NextStep): HTMLButtonElement {
    const button = html('button', {type: 'button'}, wordsFor(step));
    button.addEventListener('click', () => {
      this.#take(step);
    });
    return button;
  }
}
