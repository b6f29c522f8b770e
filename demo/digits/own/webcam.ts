import {NO_WEBCAMS} from './webcam_errors';

/** The webcam, shown in a video element. */
export class Webcam {
  readonly #video: HTMLVideoElement;
  readonly #ended: () => void;
  #stream: MediaStream | undefined;
  /** Which start is the last one. An earlier one that the browser grants later is of no use. */
  #starts = 0;

  /** @param ended is called when the webcam stops by itself, for example because it was unplugged. */
  constructor(video: HTMLVideoElement, ended: () => void) {
    this.#video = video;
    this.#ended = ended;
  }

  get isOn(): boolean {
    return this.#stream !== undefined;
  }

  /** The video, to take a picture of. */
  get video(): HTMLVideoElement {
    return this.#video;
  }

  /**
   * Starts the webcam, and resolves when the video shows it. @returns false if `stop` was called meanwhile.
   * @throws (rejects) where there is none, or the visitor does not allow it.
   */
  async start(): Promise<boolean> {
    this.stop();
    const start = this.#starts;
    if (!('mediaDevices' in navigator)) throw NO_WEBCAMS;
    const stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: 'environment'}, audio: false});
    if (start !== this.#starts) {
      end(stream);
      return false;
    }
    this.#stream = stream;
    for (const track of stream.getTracks())
      track.addEventListener('ended', () => {
        if (stream !== this.#stream) return;
        this.stop();
        this.#ended();
      });
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (error) {
      // `stop` ends what was about to play.
      if (start !== this.#starts) return false;
      this.stop();
      throw error;
    }
    return true;
  }

  /** Stops the webcam, so that its light goes out. */
  stop(): void {
    this.#starts++;
    if (this.#stream !== undefined) end(this.#stream);
    this.#stream = undefined;
    this.#video.srcObject = null;
  }
}

function end(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
