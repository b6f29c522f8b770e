import {at} from '../examples/support/lookup';

/** A table in Markdown. The first row has the columns' names. */
export function table(rows: ReadonlyArray<Readonly<Record<string, string>>>): string {
  const names = Object.keys(at(rows, 0));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map(() => '---')), ...rows.map(row => line(Object.values(row)))].join('\n');
}
