import {at} from '../support/lookup';

/** A plain-text table. The first column is aligned to the left, the others to the right. */
export function table(heading: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map(cells => at(cells, column).length)));
  const line = (cells: readonly string[]) =>
    widths
      .map((width, column) => (column === 0 ? at(cells, column).padEnd(width) : at(cells, column).padStart(width)))
      .join('  ');
  return [line(heading), widths.map(width => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
