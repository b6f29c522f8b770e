import {at} from '../../examples/support/lookup';

/** A part of an image, in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Scales a part of an image. Each pixel of the result is the mean of its piece of the box.
 * @param values of the image, row by row.
 * @param width the number of pixels per row of the image.
 */
export function scaled(values: Float32Array, width: number, box: Box, columns: number, rows: number): Float32Array {
  const sums = new Float32Array(columns * rows);
  const across = parts(box.width, columns);
  const down = parts(box.height, rows);
  for (const {from: y, to: row, share: tall} of down) {
    for (const {from: x, to: column, share: wide} of across) {
      const place = row * columns + column;
      sums[place] = at(sums, place) + wide * tall * at(values, (box.top + y) * width + box.left + x);
    }
  }
  return sums;
}

/**
 * A length is cut into `many` equal pieces and into `few` equal pieces. For each pair that overlaps: the share of a
 * `few` piece that the `many` piece covers.
 */
function parts(many: number, few: number): Array<{from: number; to: number; share: number}> {
  return Array.from({length: many}, (_, from) =>
    Array.from({length: few}, (_piece, to) => ({
      from,
      to,
      share: Math.min(to + 1, ((from + 1) * few) / many) - Math.max(to, (from * few) / many),
    })).filter(({share}) => share > 0),
  ).flat();
}
