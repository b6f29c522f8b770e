import {SIDE} from './digits';
import {type Box, scaled} from './scaling';

/** The digits of MNIST fit into a square with sides of 20 pixels. */
const BOX = 20;
/** Below this value a pixel counts as paper. Ink goes from 0 to 1. */
const FAINT = 0.1;

/**
 * Prepares a drawing as MNIST prepared its digits: scaled to fit into 20·20 pixels, and placed into 28·28 pixels with
 * its centre of mass in the middle.
 * @param ink from 0 (paper) to 1, row by row.
 * @param width the number of pixels per row.
 * @returns 784 numbers from 0 to 1; undefined for an empty drawing.
 */
export function centred(ink: Float32Array, width: number): Float32Array | undefined {
  const box = boxAround(ink, width);
  if (box === undefined) return undefined;
  const scale = BOX / Math.max(box.width, box.height);
  const columns = Math.max(1, Math.round(box.width * scale));
  const rows = Math.max(1, Math.round(box.height * scale));
  const small = scaled(ink, width, box, columns, rows);
  const [x, y] = centreOfMass(small, columns);
  const left = placed(x, columns);
  const top = placed(y, rows);
  const image = new Float32Array(SIDE * SIDE);
  small.forEach((value, i) => {
    image[(top + Math.floor(i / columns)) * SIDE + left + (i % columns)] = value;
  });
  return image;
}

function boxAround(ink: Float32Array, width: number): Box | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  ink.forEach((value, i) => {
    if (value < FAINT) return;
    left = Math.min(left, i % width);
    right = Math.max(right, i % width);
    top = Math.min(top, Math.floor(i / width));
    bottom = Math.max(bottom, Math.floor(i / width));
  });
  return right < left ? undefined : {left, top, width: right - left + 1, height: bottom - top + 1};
}

function centreOfMass(image: Float32Array, width: number): [x: number, y: number] {
  let [mass, x, y] = [0, 0, 0];
  image.forEach((value, i) => {
    mass += value;
    x += value * ((i % width) + 0.5);
    y += value * (Math.floor(i / width) + 0.5);
  });
  return [x / mass, y / mass];
}

/** Where a length must start so that its centre of mass is in the middle, or as near to it as the image allows. */
function placed(centre: number, length: number): number {
  return Math.min(SIDE - length, Math.max(0, Math.round(SIDE / 2 - centre)));
}
