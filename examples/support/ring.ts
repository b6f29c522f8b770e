import * as tf from '@tensorflow/tfjs';

import {at} from './lookup';

export const CLUSTERS = 8;
const SPREAD = 0.1;

/** `n` points [n, 2] from eight clusters on a circle of radius 1, normally distributed around the cluster centres. */
export function ringPoints(n: number, seed: number): tf.Tensor {
  const angle = tf
    .randomUniform([n, 1], 0, CLUSTERS, 'float32', seed)
    .floor()
    .mul((2 * Math.PI) / CLUSTERS);
  return tf.concat([angle.cos(), angle.sin()], 1).add(tf.randomNormal([n, 2], 0, SPREAD, 'float32', seed + 1));
}

/** How well points fit the ring. */
export interface Fit {
  /** The share of the points that are within three standard deviations of a cluster's centre. */
  readonly share: number;
  /** The number of clusters that have at least a quarter of their equal share of the points. */
  readonly covered: number;
}

export function fitOf(points: tf.Tensor): Fit {
  const hits = new Array<number>(CLUSTERS).fill(0);
  const all = pairs(points);
  for (const [x, y] of all) {
    const nearest = (Math.round((Math.atan2(y, x) * CLUSTERS) / (2 * Math.PI)) + CLUSTERS) % CLUSTERS;
    const angle = (nearest * 2 * Math.PI) / CLUSTERS;
    if (Math.hypot(x - Math.cos(angle), y - Math.sin(angle)) < 3 * SPREAD) hits[nearest] = at(hits, nearest) + 1;
  }
  return {
    share: hits.reduce((a, b) => a + b) / all.length,
    covered: hits.filter(n => n >= all.length / CLUSTERS / 4).length,
  };
}

/** A picture of the points in characters. Denser regions have darker characters. */
export function picture(points: tf.Tensor): string {
  const rows = Array.from({length: 21}, () => new Array<number>(47).fill(0));
  for (const [x, y] of pairs(points)) {
    const row = rows[Math.round(10 - y * 7)];
    const column = Math.round(23 + x * 16);
    // Points outside of the picture are left out.
    if (row !== undefined && column in row) row[column] = at(row, column) + 1;
  }
  return rows
    .map(row =>
      row
        .map(n => ' .:+*#@'.charAt(Math.min(6, n)))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

function pairs(points: tf.Tensor): Array<readonly [x: number, y: number]> {
  const numbers = points.dataSync();
  return Array.from({length: numbers.length / 2}, (_, i) => [at(numbers, 2 * i), at(numbers, 2 * i + 1)]);
}
