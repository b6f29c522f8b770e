import {at} from '../../examples/support/lookup';
import type {Measured} from './measure';

export const ms = ({median, low, high}: Measured): string =>
  `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

/** A measured figure and its target. */
export interface Verdict {
  readonly what: string;
  readonly measured: number;
  readonly asked: string;
  readonly isMet: boolean;
}

export function verdict(
  what: string,
  measured: number,
  asked: {readonly least: number} | {readonly most: number},
): Verdict {
  const isLeast = 'least' in asked;
  return {
    what,
    measured,
    asked: isLeast ? `at least ${asked.least}` : `at most ${asked.most}`,
    isMet: isLeast ? measured >= asked.least : measured <= asked.most,
  };
}

export function print(title: string, rows: ReadonlyArray<Readonly<Record<string, string>>>): void {
  console.log(`\n${title}`);
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))];
  // A row need not have every column.
  const lines = [names, ...rows.map(row => names.map(name => row[name] ?? ''))];
  const widths = names.map((_, i) => Math.max(...lines.map(cells => at(cells, i).length)));
  for (const cells of lines) {
    const padded = widths.map((width, i) => at(cells, i).padEnd(width));
    console.log(padded.join('  ').trimEnd());
  }
}
