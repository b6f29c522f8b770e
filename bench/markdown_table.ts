import {at} from '../examples/support/lookup';

/** The cells of a row, by the heading of their column. */
export type Row = Readonly<Record<string, string>>;

/** A table in Markdown. The first row has the columns' names. */
export function table(rows: readonly Row[]): string {
  const names = Object.keys(at(rows, 0));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map(() => '---')), ...rows.map(row => line(Object.values(row)))].join('\n');
}
