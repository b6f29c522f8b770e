import {at} from '../../../examples/support/lookup';
import {element, onPress, setEnabled} from '../../shared/dom';
import {ClassCard} from './class_card';
import {type Classes, countOf, LIMITS, renamed, withClass, withoutClass, withoutPicture, withPicture} from './classes';
import type {Message} from './message';
import type {OwnImages} from './own_images';
import type {Found} from './reading';
import type {Webcam} from './webcam';

/** The classes with their pictures, and what the visitor does with them. */
export class ClassList {
  readonly #own: OwnImages;
  readonly #webcam: Webcam;
  readonly #message: Message;
  readonly #changed: () => void;
  readonly #list = element('own-classes', HTMLDivElement);
  readonly #addButton = element('own-add', HTMLButtonElement);
  #cards: readonly ClassCard[] = [];

  /** @param changed is called when a class has changed. */
  constructor(own: OwnImages, webcam: Webcam, message: Message, changed: () => void) {
    this.#own = own;
    this.#webcam = webcam;
    this.#message = message;
    this.#changed = changed;
    onPress(this.#addButton, () => {
      if (this.#resize(withClass)) this.#cards.at(-1)?.focusName();
    });
  }

  /** @param trains whether the network is training. The number of classes cannot change then. */
  draw(trains: boolean): void {
    const {classes} = this.#own;
    if (this.#cards.length !== classes.length) {
      this.#cards = classes.map((_, i) => this.#cardFor(i));
      this.#list.replaceChildren(...this.#cards.map(({root}) => root));
    }
    this.#cards.forEach((card, i) => {
      card.draw(at(classes, i), this.#webcam.isOn, classes.length > LIMITS.classes.least && !trains);
    });
    setEnabled(this.#addButton, classes.length < LIMITS.classes.most && !trains);
  }

  #cardFor(i: number): ClassCard {
    return new ClassCard(i + 1, this.#webcam, {
      rename: name => {
        this.#change(classes => renamed(classes, i, name));
      },
      add: found => {
        this.#add(i, found);
      },
      removePicture: j => {
        if (!this.#change(classes => withoutPicture(classes, i, j))) return;
        this.#message.say(this.#countOf(i));
        at(this.#cards, i).focusAt(j);
      },
      remove: () => {
        if (this.#resize(classes => withoutClass(classes, i))) this.#addButton.focus();
      },
    });
  }

  #add(i: number, {pictures, problems}: Found): void {
    if (!pictures.every(picture => this.#change(classes => withPicture(classes, i, picture)))) return;
    const texts = [...problems, ...(pictures.length === 0 ? [] : [this.#countOf(i)])];
    this.#message.say(texts.join(' '), problems.length > 0);
  }

  /** Adds or removes a class. The network is gone then. */
  #resize(change: (classes: Classes) => Classes): boolean {
    const hadNetwork = this.#own.classifier !== undefined;
    if (!this.#change(change)) return false;
    const n = this.#own.classes.length;
    this.#message.say(
      `There are ${n} classes.${hadNetwork ? ' The next training starts from the digits again.' : ''}`,
    );
    return true;
  }

  /** Changes the classes. @returns whether that was possible; if not, the message says why. */
  #change(change: (classes: Classes) => Classes): boolean {
    try {
      this.#own.change(change(this.#own.classes));
    } catch (error) {
      this.#message.fail(error);
      return false;
    }
    this.#changed();
    return true;
  }

  #countOf(i: number): string {
    const {name, pictures} = at(this.#own.classes, i);
    return `'${name}' has ${countOf(pictures.length)}.`;
  }
}
