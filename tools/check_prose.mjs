// Checks the English and the line lengths of the project: see HELP. `npm run lint` runs it.
import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, statSync} from 'node:fs';
import {dirname, relative, resolve, sep} from 'node:path';
import {fileURLToPath} from 'node:url';

import {problemsOf} from './prose.mjs';

const HELP = `node tools/check_prose.mjs [file ...]

Checks comments, strings and pages for turns of phrase that are hard to read, and for lines over 120 columns. Prints
  file:line: what is wrong; what to write instead
and exits with 1 where something is wrong. Without files it checks all text files that git does not ignore.
Data, the lock file and the licence are never checked: EXEMPT in tools/check_prose.mjs lists them, with reasons.
The turns of phrase, and why they are kept out, are in tools/prose_patterns.mjs.

  --help  prints this.`;

/** Files that are not checked, and why. */
const EXEMPT = [
  {files: /^package-lock\.json$/, why: 'npm generates it'},
  {files: /^examples\/support\/optimizer_facts\.ts$/, why: 'npm run tables generates it'},
  {files: /^LICENSE$/, why: 'its text is not ours'},
  {files: /^test\/(golden|golden_modern|fixtures)\/[^/]*\.json$/, why: 'recorded data'},
  {files: /^docs\/(data\/[^/]*\.json|[^/]*\.svg)$/, why: 'recorded data, and pictures of them'},
  {files: /^tools\/prose_patterns\.mjs$/, why: 'it lists what is wrong'},
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function fail(message) {
  console.error(`${message}\nnode tools/check_prose.mjs --help explains the command.`);
  process.exit(2);
}

function allFiles() {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    return listed
      .split('\0')
      .filter(name => name !== '')
      .map(name => resolve(root, name))
      .filter(path => existsSync(path) && statSync(path).isFile());
  } catch (error) {
    return fail(`git can't list the files: ${error.message.trim()}. Give the files to check.`);
  }
}

const given = process.argv.slice(2);
if (given.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
for (const argument of given) {
  if (argument.startsWith('-')) fail(`Unknown option '${argument}'.`);
  if (!existsSync(argument) || !statSync(argument).isFile()) fail(`There is no file '${argument}'.`);
}

const paths = given.length > 0 ? given.map(name => resolve(name)) : allFiles();
const isChecked = path => !EXEMPT.some(({files}) => files.test(relative(root, path).replaceAll(sep, '/')));
let found = 0;
for (const path of paths.filter(isChecked)) {
  const text = readFileSync(path, 'utf8');
  if (text.includes('\0')) continue; // Not a text.
  for (const {line, message} of problemsOf(path, text)) {
    console.log(`${relative('', path)}:${line}: ${message}`);
    found++;
  }
}
if (found > 0) {
  console.log(`${found} ${found === 1 ? 'problem' : 'problems'}`);
  process.exitCode = 1;
}
