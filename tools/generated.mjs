// Files that programs write: pages with generated parts, pictures, modules.
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

import {format, resolveConfig} from 'prettier';

/**
 * A page with a new text between its marks, laid out by prettier. The marks are `<!-- NAME: begin, from where; command
 * -->` and `<!-- NAME: end -->`.
 * @param before the text of the page; default what the file holds.
 */
export async function filledPage(page, name, text, before = readFileSync(page, 'utf8')) {
  const marks = new RegExp(`(<!-- ${name}: begin, [^>]*-->\n)[^]*?(\n<!-- ${name}: end -->)`);
  if (!marks.test(before)) throw new Error(`${page} must have the marks '${name}: begin' and '${name}: end'.`);
  return laidOut(
    page,
    before.replace(marks, (_, begin, end) => `${begin}\n${text}\n${end}`),
  );
}

/** A text as prettier lays it out in this file. */
export async function laidOut(file, text) {
  return format(text, {...(await resolveConfig(file)), filepath: file});
}

/**
 * Writes generated files. With `--check` on the command line, writes none: it names the files that hold something else,
 * and the process ends with exit status 1 if there are any.
 * @param files the texts, by file.
 * @param command what to run where a file is stale.
 */
export function writeGenerated(files, command) {
  const isCheck = process.argv.includes('--check');
  for (const [file, text] of files) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    if (isCheck) {
      console.error(`${file} is stale: run ${command}.`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(file), {recursive: true});
      writeFileSync(file, text);
    }
  }
}
