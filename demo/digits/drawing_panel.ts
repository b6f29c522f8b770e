import {at} from '../../examples/support/lookup';
import {element, html, onPress, setEnabled} from '../shared/dom';
import {percent} from '../shared/numbers';
import {Board, showImage} from './board';
import {argMax, type Contestant} from './contestant';
import {CLASSES, SIDE} from './digits';
import type {Session} from './session';
import {Shares} from './shares';

/** A digit, drawn by the visitor or one of the held-out digits, and how a contestant reads it. */
export class DrawingPanel {
  readonly #guarded: (act: () => Promise<void>) => void;
  readonly #choice = element('reader', HTMLSelectElement);
  readonly #preview = element('preview', HTMLCanvasElement);
  readonly #answer = element('answer', HTMLParagraphElement);
  readonly #hint = element('board-hint', HTMLParagraphElement);
  readonly #heldOut = element('held-out', HTMLButtonElement);
  readonly #board: Board;
  readonly #shares = new Shares(element('probabilities', HTMLOListElement));
  #session: Session | undefined;
  #image: Float32Array | undefined;
  /** The digit that the image shows; undefined for a drawing. */
  #label: number | undefined;

  constructor(guarded: (act: () => Promise<void>) => void) {
    this.#guarded = guarded;
    this.#board = new Board(element('board', HTMLCanvasElement), () => {
      this.#set(this.#board.image(), undefined);
    });
    this.#shares.of(Array.from({length: CLASSES}, (_, digit) => String(digit)));
    onPress(element('clear', HTMLButtonElement), () => {
      this.#board.clear();
      this.#set(undefined, undefined);
    });
    onPress(this.#heldOut, () => {
      if (this.#session === undefined) return;
      const {heldOut} = this.#session;
      const place = Math.floor(Math.random() * heldOut.size);
      const image = heldOut.image(place);
      this.#board.show(image);
      this.#set(image, heldOut.label(place));
    });
    this.#choice.addEventListener('change', () => {
      this.#read();
    });
    this.#offer(undefined);
    this.#set(undefined, undefined);
  }

  /** Reads the digit again. The contestants may have learnt more, or the training may be another one. */
  draw(session: Session | undefined): void {
    if (session !== this.#session) this.#offer(session);
    this.#read();
  }

  /** Offers the readers of a training. */
  #offer(session: Session | undefined): void {
    this.#session = session;
    const names = session === undefined ? ['Press Train first'] : session.contestants.map(({entrant}) => entrant.name);
    this.#choice.replaceChildren(...names.map(name => html('option', {}, name)));
    this.#choice.disabled = session === undefined;
    setEnabled(this.#heldOut, session !== undefined);
  }

  #set(image: Float32Array | undefined, label: number | undefined): void {
    this.#image = image;
    this.#label = label;
    this.#hint.hidden = image !== undefined;
    showImage(this.#preview, image ?? new Float32Array(SIDE * SIDE));
    this.#read();
  }

  get #reader(): Contestant | undefined {
    return this.#session?.contestant(this.#choice.value);
  }

  #read(): void {
    const image = this.#image;
    const reader = this.#reader;
    if (image === undefined || reader === undefined) {
      this.#show(
        undefined,
        reader === undefined
          ? 'Press Train first: a network must learn before it can read. Then draw a digit here.'
          : 'Draw a digit from 0 to 9.',
      );
      return;
    }
    this.#guarded(async () => {
      const probabilities = await reader.read(image);
      // The visitor may have drawn another digit meanwhile.
      if (image !== this.#image || reader !== this.#reader) return;
      if (probabilities.some(Number.isNaN)) {
        this.#show(undefined, `${reader.entrant.name} has diverged and cannot read a digit.`);
        return;
      }
      const digit = argMax(probabilities);
      const truth =
        this.#label === undefined ? '' : this.#label === digit ? ' That is correct.' : ` It is ${this.#label}.`;
      this.#show(
        probabilities,
        `${reader.entrant.name} reads ${digit} (${percent(at(probabilities, digit))}).${truth}`,
      );
    });
  }

  #show(probabilities: readonly number[] | undefined, answer: string): void {
    if (this.#answer.textContent !== answer) this.#answer.textContent = answer;
    this.#shares.show(probabilities);
  }
}
