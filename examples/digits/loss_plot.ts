import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import {historyChart, svgText} from 'tfjs-optim/plot';

/** Each point of a curve is the mean of the losses of this many batches. */
const WINDOW = 25;

/**
 * An SVG image of loss curves on a logarithmic scale. Each point is the mean of 25 batches.
 * @param curves the loss of each batch, by name.
 */
export function lossPlot(curves: ReadonlyMap<string, readonly number[]>): string {
  const entries = [...curves].map(([name, losses]) => [labelOf(name), movingMean(losses)] as const);
  const history = Object.fromEntries(entries);
  // Node has no document.
  const {document} = parseHTML('<html></html>');
  const metrics = Object.keys(history);
  return svgText(historyChart({history}, {Plot, document, metrics, logY: true, width: 800, height: 450}));
}

const labelOf = (name: string): string => `training loss of ${name}, mean of ${WINDOW} batches`;

/** For each number: the mean of it and the numbers before it, up to `WINDOW` of them. */
function movingMean(numbers: readonly number[]): number[] {
  return numbers.map((_, i) => {
    const window = numbers.slice(Math.max(0, i + 1 - WINDOW), i + 1);
    return window.reduce((a, b) => a + b) / window.length;
  });
}
