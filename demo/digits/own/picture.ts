import {at} from '../../../examples/support/lookup';
import {SIDE} from '../digits';
import {scaled} from '../scaling';

/** A picture as the network sees it: 784 bytes, row by row, from 0 (dark) to 255 (bright). */
export type Picture = Uint8Array;

/** The number of bytes of a picture. */
export const PIXELS = SIDE * SIDE;

/** Pixels as a canvas gives them: red, green, blue and opacity of each, from 0 to 255, row by row. */
export interface Pixels {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

/** How bright red, green and blue are (ITU-R BT.601). */
const BRIGHTNESS = [0.299, 0.587, 0.114] as const;
/** If the brightest pixel is not brighter than the darkest one by this, from 0 to 255, there is nothing to see. */
const LEAST_CONTRAST = 8;

/**
 * What the network sees of an image: the largest square in its middle, in grey, 28·28 pixels. The darkest pixel becomes
 * 0 and the brightest one 255, as in the digits. Transparent parts are white.
 * @throws where all pixels have almost the same brightness.
 */
export function seen(image: Pixels): Picture {
  const {width, height} = image;
  const side = Math.min(width, height);
  const box = {left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), width: side, height: side};
  const small = scaled(greys(image), width, box, SIDE, SIDE);
  const [low, high] = [Math.min(...small), Math.max(...small)];
  if (!(high - low >= LEAST_CONTRAST))
    throw new Error('The picture has only one brightness, so there is nothing to see. Choose another one.');
  return Uint8Array.from(small, grey => Math.round((255 * (grey - low)) / (high - low)));
}

/** A picture as the input of the network: 784 numbers from 0 to 1. */
export function inputOf(picture: Picture): Float32Array {
  return Float32Array.from(picture, grey => grey / 255);
}

function greys({data, width, height}: Pixels): Float32Array {
  const [red, green, blue] = BRIGHTNESS;
  return Float32Array.from({length: width * height}, (_, i) => {
    const grey = red * at(data, 4 * i) + green * at(data, 4 * i + 1) + blue * at(data, 4 * i + 2);
    const opacity = at(data, 4 * i + 3) / 255;
    return opacity * grey + (1 - opacity) * 255;
  });
}
