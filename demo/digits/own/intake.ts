import {html, onPress} from '../../shared/dom';
import {type Found, pictureOf, picturesIn} from './reading';
import type {Webcam} from './webcam';

/** What an intake is for. */
interface Purpose {
  /** What the visitor drops there, in words: 'Drop pictures here'. */
  readonly hint: string;
  /** The button that chooses files. */
  readonly choose: string;
  readonly isOne: boolean;
}

/** A place to drop files on, a button that chooses files, and a button that takes a picture with the webcam. */
export class Intake {
  /** Shows what was dropped. Its owner fills it. */
  readonly zone: HTMLElement;
  readonly hint: HTMLElement;
  readonly buttons: HTMLElement;
  readonly choose: HTMLButtonElement;
  readonly #take: HTMLButtonElement;

  /** @param taken is called with the pictures. */
  constructor({hint, choose, isOne}: Purpose, webcam: Webcam, taken: (found: Found) => void) {
    this.hint = html('p', {class: 'note'}, hint);
    this.zone = html('div', {class: 'drop'}, this.hint);
    const input = html('input', {type: 'file', accept: 'image/*', hidden: '', ...(isOne ? {} : {multiple: ''})});
    this.choose = html('button', {type: 'button'}, choose);
    this.#take = html('button', {type: 'button', hidden: ''}, 'Take a picture');
    this.buttons = html('div', {class: 'row'}, this.choose, this.#take, input);
    const read = async (files: Iterable<File>) => {
      taken(await picturesIn(isOne ? [...files].slice(0, 1) : files));
    };
    const readAll = (files: FileList | null) => {
      read([...(files ?? [])]).catch((error: unknown) => {
        taken({pictures: [], problems: [String(error)]});
      });
    };
    onPress(this.choose, () => {
      input.click();
    });
    input.addEventListener('change', () => {
      readAll(input.files);
      // The same file can be chosen again.
      input.value = '';
    });
    onPress(this.#take, () => {
      taken(pictureNow(webcam));
    });
    this.zone.addEventListener('dragover', event => {
      event.preventDefault();
      this.zone.classList.add('over');
    });
    this.zone.addEventListener('dragleave', () => {
      this.zone.classList.remove('over');
    });
    this.zone.addEventListener('drop', event => {
      event.preventDefault();
      this.zone.classList.remove('over');
      const files = event.dataTransfer?.files;
      if (files === undefined || files.length === 0)
        taken({pictures: [], problems: ['That was not a file. Drop picture files.']});
      else readAll(files);
    });
  }

  /** @param isOn whether the webcam can take pictures. */
  offerWebcam(isOn: boolean): void {
    this.#take.hidden = !isOn;
  }
}

function pictureNow({video}: Webcam): Found {
  try {
    return {pictures: [pictureOf(video, video.videoWidth, video.videoHeight)], problems: []};
  } catch (error) {
    return {pictures: [], problems: [error instanceof Error ? error.message : String(error)]};
  }
}
