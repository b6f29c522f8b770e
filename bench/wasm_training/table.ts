import type {Measured} from './measure';

export const ms = ({median, low, high}: Measured): string =>
  `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

/** What the issue asks of a figure, beside what was measured. */
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
  const widths = names.map(name => Math.max(name.length, ...rows.map(row => (row[name] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  console.log([line(names), ...rows.map(row => line(names.map(name => row[name] ?? '')))].join('\n'));
}
