/*
 * The visitor's own images. How data flows:
 *
 * - files and webcam (intake.ts, reading.ts) -> Picture (picture.ts) -> Classes (classes.ts, class_list.ts)
 * - Classes, and the network of the best optimizer (base.ts) -> Classifier (classifier.ts) -> probabilities (trial.ts)
 *
 * OwnImages (own_images.ts) holds classes and classifier, storage.ts saves and restores them, and program.ts writes
 * the program to copy. These three do not know the page.
 */
import {CodePanel} from '../../shared/copying';
import {element, onPress, setEnabled} from '../../shared/dom';
import type {Session} from '../session';
import {startFrom} from './base';
import {ClassList} from './class_list';
import {listed, missingIn} from './classes';
import type {Base} from './classifier';
import {Message} from './message';
import {OwnImages} from './own_images';
import type {Picture} from './picture';
import {ownProgram} from './program';
import type {Found} from './reading';
import {restore, save, storedNames} from './storage';
import {Trial} from './trial';
import {WebcamSwitch} from './webcam_switch';

/** What the panel needs of the view. */
interface Surroundings {
  readonly session: () => Session | undefined;
  /** Acts when nothing else uses the device. @param message for the visitor. */
  readonly use: <T>(message: string, act: () => Promise<T>) => Promise<T>;
}

/** The part of the view in which the visitor's own images are learnt and read. */
export class OwnPanel {
  readonly #view: Surroundings;
  readonly #own = new OwnImages();
  readonly #message: Message;
  readonly #switch: WebcamSwitch;
  readonly #classes: ClassList;
  readonly #trial: Trial;
  readonly #code: CodePanel;
  readonly #progress = element('own-progress', HTMLProgressElement);
  readonly #trainButton = element('own-train', HTMLButtonElement);
  readonly #anewButton = element('own-anew', HTMLButtonElement);
  readonly #saveButton = element('own-save', HTMLButtonElement);
  readonly #restoreButton = element('own-restore', HTMLButtonElement);
  #free = false;
  #stored = false;
  /** Stops the training that runs. */
  #stop: AbortController | undefined;
  #tried: Picture | undefined;
  /** What was last read, and in which state. */
  #readIn: readonly unknown[] = [];

  constructor(view: Surroundings) {
    this.#view = view;
    const draw = () => {
      this.#draw();
    };
    this.#message = new Message(element('own-message', HTMLParagraphElement), draw);
    this.#switch = new WebcamSwitch(this.#message, draw);
    const {webcam} = this.#switch;
    this.#classes = new ClassList(this.#own, webcam, this.#message, draw);
    this.#trial = new Trial(webcam, found => {
      this.#try(found);
    });
    this.#code = this.#codePanel();
    onPress(this.#trainButton, () => {
      if (this.#stop === undefined) this.#message.guarded(() => this.#train());
      else this.#stop.abort();
    });
    for (const [button, act] of [
      [this.#anewButton, () => this.#beginAnew()],
      [this.#saveButton, () => this.#save()],
      [this.#restoreButton, () => this.#restore()],
    ] as const)
      onPress(button, () => {
        this.#message.guarded(act);
      });
    this.#catchFiles();
    draw();
  }

  /** Looks for stored pictures. */
  begin(): void {
    this.#message.guarded(async () => {
      const names = await storedNames();
      if (names === undefined) return;
      this.#stored = true;
      this.#message.say(`A network for ${listed(names)} is stored. Press Restore to go on with it.`);
    });
  }

  /** @param free whether a training can start now. */
  enable(free: boolean): void {
    this.#free = free;
    this.#draw();
  }

  /** Changes the backend, and takes the network along. */
  async carryOver(change: () => Promise<void>): Promise<void> {
    await this.#own.carryOver(change);
    this.#draw();
  }

  /** The visitor goes to another view. */
  leave(): void {
    this.#stop?.abort();
    this.#switch.stop();
  }

  async #train(): Promise<void> {
    if (!this.#free) throw new Error('Something else is training. Pause it first.');
    const missing = missingIn(this.#own.classes);
    if (missing !== undefined) throw new Error(missing);
    // If there is nothing to start from, say so before anything waits.
    this.#base();
    const stop = new AbortController();
    this.#stop = stop;
    this.#message.say('Training.');
    try {
      const text = await this.#view.use('The network learns your pictures.', () =>
        this.#own.train(
          classes => startFrom(this.#view.session()).make(classes),
          stop.signal,
          ({step, steps}) => {
            this.#show(step, steps);
          },
        ),
      );
      this.#message.say(text);
    } finally {
      this.#stop = undefined;
    }
  }

  #beginAnew(): Promise<void> {
    this.#own.forget();
    this.#message.say('The network has forgotten your pictures. The next training starts from the digits again.');
    return Promise.resolve();
  }

  async #save(): Promise<void> {
    const {classes, classifier} = this.#own;
    if (classifier === undefined) return;
    await this.#view.use('Saving your pictures.', () => save(classes, classifier));
    this.#stored = true;
    this.#message.say('Pictures, network and optimizer are saved in this browser.');
  }

  async #restore(): Promise<void> {
    const {classes, classifier} = await this.#view.use('Restoring your pictures.', () => restore());
    this.#own.replace(classes, classifier);
    this.#message.say(`Restored, after ${classifier.epochs} epochs. Try a picture, or fine-tune more.`);
  }

  #try({pictures: [picture], problems}: Found): void {
    this.#tried = picture;
    this.#draw();
    if (picture === undefined) this.#trial.show(undefined, undefined, problems.join(' '));
  }

  /** Reads the picture that was tried last, unless nothing has changed since it was read. */
  #read(): void {
    const {classes, classifier} = this.#own;
    const state = [this.#tried, classes, classifier, classifier?.epochs];
    if (state.every((part, i) => part === this.#readIn[i])) return;
    this.#readIn = state;
    const picture = this.#tried;
    if (picture === undefined) return;
    if (classifier === undefined) {
      this.#trial.show(picture, undefined, 'The network does not know your classes yet. Press Fine-tune first.');
      return;
    }
    this.#own.read(picture).then(
      ({probabilities, text}) => {
        // The visitor may have tried another picture meanwhile, or changed the classes.
        if (state === this.#readIn) this.#trial.show(picture, probabilities, text);
      },
      (error: unknown) => {
        this.#message.fail(error);
      },
    );
  }

  #base(): Base {
    return this.#own.classifier?.base ?? startFrom(this.#view.session()).base;
  }

  /** @throws where something is missing. */
  #program(): string {
    const {classes, classifier} = this.#own;
    const missing = missingIn(classes);
    if (missing !== undefined) throw new Error(missing);
    return ownProgram(classes, this.#base(), classifier === undefined ? 0 : classifier.moreCycles);
  }

  #codePanel(): CodePanel {
    return new CodePanel(
      'own',
      () => {
        try {
          return this.#program();
        } catch {
          // When the button is pressed, the last function says why.
          return undefined;
        }
      },
      message => {
        this.#message.say(message);
      },
      () => {
        this.#message.guarded(() => Promise.resolve(this.#program()));
      },
    );
  }

  /** A file that misses its place would open in the browser, and the page would be gone. */
  #catchFiles(): void {
    for (const kind of ['dragover', 'drop'] as const)
      document.addEventListener(kind, event => {
        if (event.defaultPrevented || event.dataTransfer?.types.includes('Files') !== true) return;
        event.preventDefault();
        if (kind === 'drop') this.#message.say('Drop pictures on a class, or where you try one.', true);
      });
  }

  #draw(): void {
    const {classes, classifier} = this.#own;
    const trains = this.#stop !== undefined;
    this.#switch.draw();
    this.#classes.draw(trains);
    this.#trial.draw(
      classes.map(({name}) => name),
      this.#switch.webcam.isOn,
    );
    this.#read();
    // Without a network, the bar is empty.
    const {done, of} = classifier === undefined ? {done: 0, of: 1} : classifier.cycle;
    if (!trains) this.#show(done, of);
    this.#trainButton.textContent = trains
      ? 'Stop'
      : done === 0
        ? 'Fine-tune'
        : done < of
          ? 'Go on'
          : 'Fine-tune more';
    setEnabled(this.#anewButton, classifier !== undefined && !trains);
    setEnabled(this.#saveButton, classifier !== undefined && !trains && this.#free);
    setEnabled(this.#restoreButton, this.#stored && !trains && this.#free);
    this.#code.refresh();
  }

  #show(done: number, of: number): void {
    this.#progress.max = of;
    this.#progress.value = done;
  }
}
