import {element, onPress} from '../../shared/dom';
import type {Message} from './message';
import {Webcam} from './webcam';
import {whyNoWebcam} from './webcam_errors';

/** The button that starts and stops the webcam, and the video. */
export class WebcamSwitch {
  readonly webcam: Webcam;
  readonly #button = element('own-webcam', HTMLButtonElement);
  readonly #video = element('own-video', HTMLVideoElement);
  readonly #message: Message;
  readonly #changed: () => void;

  /** @param changed is called when the webcam has stopped. */
  constructor(message: Message, changed: () => void) {
    this.#message = message;
    this.#changed = changed;
    this.webcam = new Webcam(this.#video, () => {
      message.say('The webcam has stopped.');
      changed();
    });
    onPress(this.#button, () => {
      message.guarded(() => this.#toggle());
    });
    // Nobody takes pictures then, so its light must go out.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.stop();
    });
  }

  stop(): void {
    this.webcam.stop();
    this.#changed();
  }

  draw(): void {
    const {isOn} = this.webcam;
    this.#video.hidden = !isOn;
    this.#button.textContent = isOn ? 'Stop the webcam' : 'Start the webcam';
  }

  async #toggle(): Promise<void> {
    if (this.webcam.isOn) {
      this.stop();
      this.#message.say('The webcam is off.');
      return;
    }
    this.#message.say('Waiting for the webcam. The browser may ask whether the page may use it.');
    try {
      if (await this.webcam.start())
        this.#message.say('The webcam is on. Each class has a button that takes a picture.');
    } catch (error) {
      throw new Error(whyNoWebcam(error), {cause: error});
    }
  }
}
