import {element, html} from '../../shared/dom';
import {showImage} from '../board';
import {SIDE} from '../digits';
import {Shares} from '../shares';
import {Intake} from './intake';
import {inputOf, type Picture} from './picture';
import type {Found} from './reading';
import type {Webcam} from './webcam';

/** One more picture, and how the network reads it. */
export class Trial {
  readonly #intake: Intake;
  readonly #canvas = html('canvas', {
    width: String(SIDE),
    height: String(SIDE),
    role: 'img',
    'aria-label': 'The picture as the network sees it',
    hidden: '',
  });
  readonly #answer = html('p', {class: 'answer', 'aria-live': 'polite'});
  readonly #list = html('ol', {class: 'shares named', 'aria-label': 'Probability of each class'});
  readonly #shares = new Shares(this.#list);
  #names: readonly string[] = [];
  #probabilities: readonly number[] | undefined;

  /** @param tried is called with the picture. */
  constructor(webcam: Webcam, tried: (found: Found) => void) {
    this.#intake = new Intake(
      {hint: 'Drop one more picture here', choose: 'Choose a picture', isOne: true},
      webcam,
      tried,
    );
    this.#intake.zone.append(this.#canvas);
    element('own-try', HTMLFieldSetElement).append(
      html('div', {}, this.#intake.zone, this.#intake.buttons),
      html('div', {}, this.#answer, this.#list),
    );
  }

  draw(names: readonly string[], webcamIsOn: boolean): void {
    this.#intake.offerWebcam(webcamIsOn);
    if (names.join('\n') === this.#names.join('\n')) return;
    this.#names = names;
    this.#shares.of(names);
    this.#shares.show(this.#probabilities);
  }

  /** @param probabilities undefined where there are none: `text` says why. */
  show(picture: Picture | undefined, probabilities: readonly number[] | undefined, text: string): void {
    this.#canvas.hidden = picture === undefined;
    this.#intake.hint.hidden = picture !== undefined;
    if (picture !== undefined) showImage(this.#canvas, inputOf(picture));
    this.#answer.textContent = text;
    this.#probabilities = probabilities;
    this.#shares.show(probabilities);
  }
}
