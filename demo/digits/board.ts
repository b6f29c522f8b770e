import {centred} from './centring';
import {SIDE} from './digits';

/** The width of the pen, as a share of the board's width. */
const PEN = 0.075;

/** A board to draw a digit on with a mouse, a pen or a finger; white on black, as in MNIST. */
export class Board {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  /** @param drawn is called after each stroke. */
  constructor(canvas: HTMLCanvasElement, drawn: () => void) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas, true);
    this.clear();
    let from: readonly [number, number] | undefined;
    canvas.addEventListener('pointerdown', event => {
      canvas.setPointerCapture(event.pointerId);
      from = this.#place(event);
      this.#stroke(from, from);
    });
    canvas.addEventListener('pointermove', event => {
      if (from === undefined) return;
      for (const each of coalesced(event)) {
        const to = this.#place(each);
        this.#stroke(from, to);
        from = to;
      }
    });
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, () => {
        if (from !== undefined) drawn();
        from = undefined;
      });
    }
  }

  clear(): void {
    this.#context.fillStyle = 'black';
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** The drawing in the form that the network reads; undefined for an empty board. */
  image(): Float32Array | undefined {
    const {width, height} = this.#canvas;
    const {data} = this.#context.getImageData(0, 0, width, height);
    // The drawing is grey, so the red channel is enough.
    const reds = data.filter((_, i) => i % 4 === 0);
    return centred(
      Float32Array.from(reds, red => red / 255),
      width,
    );
  }

  /** Shows an image of 784 numbers. */
  show(image: Float32Array): void {
    const small = document.createElement('canvas');
    showImage(small, image);
    this.#context.imageSmoothingEnabled = true;
    this.#context.drawImage(small, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  #place({clientX, clientY}: PointerEvent): readonly [number, number] {
    const {left, top, width, height} = this.#canvas.getBoundingClientRect();
    return [((clientX - left) / width) * this.#canvas.width, ((clientY - top) / height) * this.#canvas.height];
  }

  #stroke([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): void {
    const context = this.#context;
    context.strokeStyle = 'white';
    context.lineWidth = PEN * this.#canvas.width;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  }
}

/** Draws 784 numbers from 0 to 1 on a canvas, white on black. */
export function showImage(canvas: HTMLCanvasElement, image: Float32Array): void {
  canvas.width = SIDE;
  canvas.height = SIDE;
  const pixels = new ImageData(SIDE, SIDE);
  image.forEach((ink, i) => {
    pixels.data.set([255 * ink, 255 * ink, 255 * ink, 255], 4 * i);
  });
  contextOf(canvas, false).putImageData(pixels, 0, 0);
}

function coalesced(event: PointerEvent): readonly PointerEvent[] {
  const events = event.getCoalescedEvents();
  return events.length === 0 ? [event] : events;
}

function contextOf(canvas: HTMLCanvasElement, willReadFrequently: boolean): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', {willReadFrequently});
  if (context === null) throw new Error("This browser can't draw on a canvas.");
  return context;
}
