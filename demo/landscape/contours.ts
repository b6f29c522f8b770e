import {contours} from 'd3-contour';

import {at} from '../../examples/support/lookup';
import type {LandscapeFunction, Point2} from './functions';

/** The number of points per side at which the function is computed. */
const GRID = 180;
/** The number of lines. */
const LINES = 16;
/** The lowest line encloses about this share of the map. */
const LOWEST = 0.01;

/** Where the function is above a level: polygons, and holes in them. */
export interface Contour {
  /** The value of the function on the line. */
  readonly level: number;
  readonly rings: ReadonlyArray<readonly Point2[]>;
}

/**
 * Contours of a function on its map, from the lowest to the highest. Their levels rise by equal factors above the
 * minimum, so that valleys have lines too.
 */
export function contoursOf({value, lowest, x, y}: LandscapeFunction, parameter: number): readonly Contour[] {
  // d3 takes each value for the middle of a cell.
  const place = ([from, to]: readonly [number, number], i: number) => from + ((i - 0.5) / (GRID - 1)) * (to - from);
  const heights = Array.from({length: GRID * GRID}, (_, i) => {
    const height = value(place(x, (i % GRID) + 0.5), place(y, Math.floor(i / GRID) + 0.5), parameter) - lowest;
    // The logarithm of the minimum itself would be infinite.
    return Math.log(Math.max(height, Number.MIN_VALUE));
  });
  const sorted = [...heights].sort((a, b) => a - b);
  const low = at(sorted, Math.floor(LOWEST * sorted.length));
  const high = at(sorted, sorted.length - 1);
  const thresholds = Array.from({length: LINES}, (_, i) => low + (i / LINES) * (high - low));
  return contours()
    .size([GRID, GRID])
    .thresholds(thresholds)(heights)
    .map(({value: threshold, coordinates}) => ({
      level: Math.exp(threshold) + lowest,
      rings: coordinates.flatMap(polygon =>
        polygon.map(ring => ring.map((point): Point2 => [place(x, at(point, 0)), place(y, at(point, 1))])),
      ),
    }));
}
