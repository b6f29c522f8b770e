import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import {historyChart, svgText} from 'tfjs-optim/plot';

import {at} from '../support/lookup';

/** Each point of a curve of training is the mean of the losses of this many batches. */
const WINDOW = 25;

/** The losses of a model. */
export interface Losses {
  /** The loss of each batch. */
  readonly training: readonly number[];
  /** The mean loss in validation after each epoch. */
  readonly validation: readonly number[];
}

/**
 * An SVG image of loss curves by step, on a logarithmic scale. Those of validation are dashed.
 * @param losses by the name of the model.
 */
export function lossPlot(losses: ReadonlyMap<string, Losses>): string {
  const metrics = [...losses.keys()].map(name => `loss of ${name}`);
  const columns = [...losses].flatMap(([name, {training, validation}]) => [
    [`loss of ${name}`, movingMean(training)] as const,
    [`val_loss of ${name}`, between(validation, training.length)] as const,
  ]);
  // Node has no document.
  const {document} = parseHTML('<html></html>');
  const yLabel = `loss (of training: mean of ${WINDOW} batches)`;
  const options = {Plot, document, metrics, yLabel, logY: true, width: 800, height: 450};
  return svgText(historyChart({history: Object.fromEntries(columns)}, options));
}

/** For each number: the mean of it and the numbers before it, up to `WINDOW` of them. */
function movingMean(numbers: readonly number[]): number[] {
  return numbers.map((_, i) => {
    const window = numbers.slice(Math.max(0, i + 1 - WINDOW), i + 1);
    return window.reduce((a, b) => a + b) / window.length;
  });
}

/**
 * The values of a straight line from each epoch's value to the next, at each step. Before the end of the first epoch
 * there is no value: NaN.
 * @param steps those of all epochs.
 */
function between(epochs: readonly number[], steps: number): number[] {
  const perEpoch = steps / epochs.length;
  return Array.from({length: steps}, (_, i) => {
    const place = (i + 1) / perEpoch - 1;
    if (place < 0) return NaN;
    const before = Math.floor(place);
    const from = at(epochs, before);
    return place === before ? from : from + (place - before) * (at(epochs, before + 1) - from);
  });
}
