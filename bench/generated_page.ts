import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

import {format, resolveConfig} from 'prettier';

import {at} from '../examples/support/lookup';

/** A table in Markdown. The first row has the columns' names. */
export function table(rows: ReadonlyArray<Readonly<Record<string, string>>>): string {
  const names = Object.keys(at(rows, 0));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map(() => '---')), ...rows.map(row => line(Object.values(row)))].join('\n');
}

/** The text of a page with `figures` between `<!-- BEGIN -->` and `<!-- figures: end -->`. @param begin BEGIN. */
export async function filled(page: string, begin: string, figures: string): Promise<string> {
  const before = readFileSync(page, 'utf8');
  const [mark, end] = [`<!-- ${begin} -->`, '<!-- figures: end -->'];
  const first = before.indexOf(mark);
  const last = before.indexOf(end, first);
  if (first < 0 || last < 0) throw new Error(`${page} must have the marks of the generated part.`);
  const text = `${before.slice(0, first)}${mark}\n\n${figures}\n\n${before.slice(last)}`;
  return format(text, {...(await resolveConfig(page)), filepath: page});
}

/**
 * Writes the files that differ. With `--check`, names them and sets the exit code 1.
 * @param command what writes them.
 */
export function writeOrCheck(files: ReadonlyMap<string, string>, command: string): void {
  const isCheck = process.argv.includes('--check');
  let stale = 0;
  for (const [file, text] of files) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    stale++;
    if (isCheck) console.error(`${file} is stale: run ${command}.`);
    else {
      mkdirSync(dirname(file), {recursive: true});
      writeFileSync(file, text);
    }
  }
  if (isCheck && stale > 0) process.exitCode = 1;
}
