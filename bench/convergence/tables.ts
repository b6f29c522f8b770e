import {at} from '../../examples/support/lookup';
import type {Row} from '../markdown_table';
import {medianOf} from '../wasm_training/measure';
import {digits, type Line} from './report';

/** The other rates of the grid, as factors of the best one, with how many places of the grid they are away. */
export const FACTORS = {'÷ 10': -2, '÷ 3': -1, '× 3': 1, '× 10': 2} as const;

/** The median loss of the seeds. */
export const middle = ({losses}: Line): number => medianOf(losses);

/** Infinity times a loss means that the run diverged. NaN means that there was no run. */
export const factor = (ratio: number): string => (ratio === Infinity ? 'diverged' : digits(ratio));

/**
 * How many times the loss of the search grows at a rate beside the best one. It is NaN where the search did not go so
 * far.
 */
export function growth({search, rates}: Line, shift: number): number {
  const tried = [...search].sort((a, b) => Number(a.asked) - Number(b.asked));
  const best = tried.findIndex(({asked}) => asked === at(rates, 0));
  const run = tried[best + shift];
  const least = tried[best]?.loss;
  if (run === undefined || least === undefined || least === null) return NaN;
  return run.loss === null ? Infinity : run.loss / least;
}

/** A row with the growth of the loss at all other rates. */
export function sensitivity(line: Line): Row {
  return {
    optimizer: line.optimizer,
    schedule: line.schedule,
    rate: digits(at(line.rates, 0)),
    ...Object.fromEntries(Object.entries(FACTORS).map(([name, shift]) => [name, factor(growth(line, shift))])),
  };
}
