import {SIDE} from './digits';

/** The digits of MNIST fit into a square of this side. */
const BOX = 20;
/** Less ink than that, of 1, is paper. */
const FAINT = 0.1;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A drawing as MNIST's digits are: made small so that it fits into 20·20 pixels, and put into 28·28 with its centre of
 * mass in the middle.
 * @param ink from 0 (paper) to 1, row by row.
 * @param width of a row.
 * @returns 784 numbers from 0 to 1; undefined where nothing is drawn.
 */
export function centred(ink: Float32Array, width: number): Float32Array | undefined {
  const box = boxAround(ink, width);
  if (box === undefined) return undefined;
  const scale = BOX / Math.max(box.width, box.height);
  const columns = Math.max(1, Math.round(box.width * scale));
  const rows = Math.max(1, Math.round(box.height * scale));
  const small = shrunk(ink, width, box, columns, rows);
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

/** The mean ink of the part of the box that each pixel stands for. */
function shrunk(ink: Float32Array, width: number, box: Box, columns: number, rows: number): Float32Array {
  const sums = new Float32Array(columns * rows);
  const across = parts(box.width, columns);
  const down = parts(box.height, rows);
  for (const {from: y, to: row, share: tall} of down) {
    for (const {from: x, to: column, share: wide} of across) {
      const place = row * columns + column;
      sums[place] = (sums[place] ?? 0) + wide * tall * (ink[(box.top + y) * width + box.left + x] ?? 0);
    }
  }
  return sums;
}

/** Which share each of `many` equal pieces of a length has in each of `few`; one may lie in two. */
function parts(many: number, few: number): Array<{from: number; to: number; share: number}> {
  return Array.from({length: many}, (_, from) =>
    Array.from({length: few}, (_piece, to) => ({
      from,
      to,
      share: Math.min(to + 1, ((from + 1) * few) / many) - Math.max(to, (from * few) / many),
    })).filter(({share}) => share > 0),
  ).flat();
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

/** Where a length begins whose centre of mass is to be in the middle, if it fits. */
function placed(centre: number, length: number): number {
  return Math.min(SIDE - length, Math.max(0, Math.round(SIDE / 2 - centre)));
}
