import {html, onPress} from '../../shared/dom';
import {showImage} from '../board';
import {countOf, LIMITS, type PictureClass} from './classes';
import {Intake} from './intake';
import {inputOf, type Picture} from './picture';
import type {Found} from './reading';
import type {Webcam} from './webcam';

/** What the visitor does with a class. */
export interface ClassActions {
  readonly rename: (name: string) => void;
  readonly add: (found: Found) => void;
  readonly removePicture: (j: number) => void;
  readonly remove: () => void;
}

/** A class: its name, its pictures, and buttons that add and remove pictures. */
export class ClassCard {
  readonly root: HTMLFieldSetElement;
  readonly #name: HTMLInputElement;
  readonly #intake: Intake;
  readonly #remove: HTMLButtonElement;
  readonly #count: HTMLElement;
  readonly #list: HTMLUListElement;
  readonly #act: ClassActions;
  #shown: readonly Picture[] = [];

  /** @param number of the class, from 1. */
  constructor(number: number, webcam: Webcam, act: ClassActions) {
    this.#act = act;
    this.#name = html('input', {type: 'text', maxlength: String(LIMITS.name), autocomplete: 'off'});
    this.#intake = new Intake({hint: 'Drop pictures here', choose: 'Choose pictures', isOne: false}, webcam, act.add);
    this.#remove = html('button', {type: 'button'}, 'Remove class');
    this.#count = html('span', {class: 'note'});
    this.#list = html('ul', {class: 'thumbs', 'aria-label': 'Pictures'});
    this.#intake.zone.append(this.#list);
    this.#intake.buttons.append(this.#remove);
    this.root = html(
      'fieldset',
      {class: 'class'},
      html('legend', {}, `Class ${number} `, this.#count),
      html('label', {class: 'field'}, 'Name ', this.#name),
      this.#intake.zone,
      this.#intake.buttons,
    );
    this.#name.addEventListener('input', () => {
      act.rename(this.#name.value);
    });
    onPress(this.#remove, act.remove);
  }

  /** @param canGo whether the class can be removed. */
  draw({name, pictures}: PictureClass, webcamIsOn: boolean, canGo: boolean): void {
    // While the visitor types, the name may end with a space.
    if (this.#name.value.trim() !== name) this.#name.value = name;
    this.#intake.offerWebcam(webcamIsOn);
    this.#remove.hidden = !canGo;
    this.#count.textContent = countOf(pictures.length);
    this.#intake.hint.hidden = pictures.length > 0;
    this.#list.hidden = pictures.length === 0;
    if (pictures === this.#shown) return;
    this.#shown = pictures;
    this.#list.replaceChildren(...pictures.map((picture, j) => html('li', {}, this.#thumb(picture, j))));
  }

  focusName(): void {
    this.#name.select();
  }

  /** Moves the focus to the place of picture `j`, which was removed. */
  focusAt(j: number): void {
    const thumbs = this.#list.querySelectorAll('button');
    (thumbs[j] ?? thumbs[j - 1] ?? this.#intake.choose).focus();
  }

  #thumb(picture: Picture, j: number): HTMLButtonElement {
    const button = html('button', {type: 'button', class: 'thumb', 'aria-label': `Remove picture ${j + 1}`});
    const canvas = html('canvas', {'aria-hidden': 'true'});
    showImage(canvas, inputOf(picture));
    button.append(canvas);
    button.addEventListener('click', () => {
      this.#act.removePicture(j);
    });
    return button;
  }
}
