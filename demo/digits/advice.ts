import {defined} from '../../examples/support/lookup';
import {percent} from '../shared/numbers';
import {accuracyOf, lossOf, ranked} from './ranking';
import type {Run, Runner} from './run';
import {RANGES} from './setup';
import {smoothed} from './smoothing';

/** What the visitor can do after a run. */
export type NextStep =
  | {readonly kind: 'trainOn'}
  | {readonly kind: 'rate'; readonly name: string; readonly lr: number}
  | {readonly kind: 'draw'}
  | {readonly kind: 'copy'};

/** What a finished run shows, in a sentence or two, and what to do next, the most useful first. */
export interface Advice {
  readonly text: string;
  readonly next: readonly NextStep[];
}

/** From this share of correct digits on, a network is good enough to use. */
const GOOD = 0.95;
/** A training still learns if the last quarter of its steps lowers the loss by at least this share. */
const STILL_FALLS = 0.2;
/** An optimizer is behind where it makes so many times as many mistakes as the best one. */
const BEHIND = 1.5;
/** A rate is too high if the loss ends so many times above its lowest value. */
const ROSE = 1.5;
/** How much another rate differs from the present one. */
const FACTOR = {diverged: 0.1, lower: 0.3, higher: 3};

/** The advice for a finished run. @throws where the run has no contestant, or is not finished. */
export function adviceFor(run: Run): Advice {
  const {text, next} = fullAdvice(run);
  // A training has a highest number of cycles.
  const canGoOn = run.setup.cycles < RANGES.cycles.most;
  return {text, next: next.filter(({kind}) => kind !== 'trainOn' || canGoOn)};
}

function fullAdvice(run: Run): Advice {
  const [best, ...others] = ranked(run.contestants, 'accuracy');
  if (best === undefined) throw new Error('A run must have an optimizer; it has none.');
  const usual: readonly NextStep[] = [{kind: 'draw'}, {kind: 'copy'}];
  const diverged = run.contestants.find(runner => !Number.isFinite(lossOf(runner)));
  if (diverged !== undefined) {
    const {name} = diverged.entrant;
    return {
      text: `${name} has diverged: its loss is no longer a number. Its learning rate is too high. Try a tenth of it.`,
      next: [rate(run, name, FACTOR.diverged), {kind: 'copy'}],
    };
  }
  const accuracy = finalAccuracy(best);
  const name = best.entrant.name;
  if (accuracy < GOOD)
    return falls(best)
      ? {
          text:
            `${name} is the best, but reads only ${percent(accuracy)} of the digits. Its loss still falls, so more ` +
            'steps help: train on.',
          next: [{kind: 'trainOn'}, ...usual],
        }
      : {
          text:
            `${name} is the best, but reads only ${percent(accuracy)} of the digits, and its loss hardly falls at ` +
            'the end. Try another learning rate, or more digits.',
          next: [rate(run, name, rose(best) ? FACTOR.lower : FACTOR.higher), {kind: 'trainOn'}, ...usual],
        };
  const last = others.at(-1);
  if (last !== undefined && 1 - finalAccuracy(last) > BEHIND * (1 - accuracy)) {
    const behind = last.entrant.name;
    const tooHigh = rose(last);
    return {
      text:
        `${name} reads ${percent(accuracy)} of the digits. ${behind} is behind, with ` +
        `${percent(finalAccuracy(last))}. ` +
        (tooHigh ? 'Its loss rose again, so try a lower rate.' : 'Its loss fell slowly, so try a higher rate.'),
      next: [rate(run, behind, tooHigh ? FACTOR.lower : FACTOR.higher), {kind: 'trainOn'}, ...usual],
    };
  }
  return {
    text:
      `${name} reads ${percent(accuracy)} of the digits${others.length > 0 ? ', and all others are near' : ''}. ` +
      'Draw a digit to try the network, or copy the code and train on your own data.',
    next: [...usual, {kind: 'trainOn'}],
  };
}

function finalAccuracy(runner: Runner): number {
  return defined(accuracyOf(runner), `accuracy of ${runner.entrant.name}`);
}

/** The words on the button of a next step. */
export function wordsFor(step: NextStep): string {
  switch (step.kind) {
    case 'trainOn':
      return 'Train another cycle';
    case 'rate':
      return `Train anew with ${step.name} at ${step.lr}`;
    case 'draw':
      return 'Draw a digit';
    case 'copy':
      return 'Copy the code';
  }
}

function rate({setup}: Run, name: string, factor: number): NextStep {
  const lr = setup.lrs[name];
  if (lr === undefined) throw new Error(`The setup of the run has no learning rate of ${name}.`);
  return {kind: 'rate', name, lr: Number((factor * lr).toPrecision(2))};
}

/** Whether the loss still falls at the end. */
function falls({history}: Runner): boolean {
  const losses = smoothed(history.losses);
  const [before, last] = [losses[Math.floor(0.75 * (losses.length - 1))], losses.at(-1)];
  return before !== undefined && last !== undefined && last < (1 - STILL_FALLS) * before;
}

/** Whether the loss ends well above its lowest value. */
function rose({history}: Runner): boolean {
  const losses = smoothed(history.losses);
  const last = losses.at(-1);
  return last !== undefined && last > ROSE * Math.min(...losses);
}
