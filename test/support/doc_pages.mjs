// The code of all pages, and of the examples in docstrings, as modules: `docs:blocks` imports each block as a function
// of the hidden context that doc_context.ts makes.
import {readdirSync, readFileSync} from 'node:fs';
import {join, sep} from 'node:path';

const FENCE = /^```(.*)\n([^]*?)^```$/gm;
/** Blocks for bundlers, or that call one. The tests of the package run them with the packed files. */
const BUNDLED = ['vite', 'webpack', 'esbuild', 'build'];
const MARKS = {ts: ['browser', 'node', 'gpu', 'continued', 'checked', ...BUNDLED], text: ['printed']};
/** Languages of the files that a reader writes. */
const OF_FILES = ['js', 'html', 'python'];
/** The examples of a docstring, and the name that is declared below it. */
const EXAMPLES = /^ \* @example\n((?: \*(?!\/).*\n)+) \*\/\n(?:export )?(?:abstract |async )?(?:\w+) (\w+)/gm;
/** A statement whose value is in the page: `opt.fusedOn;   // → 'wasm'`. */
const TOLD = /^( *)(\S.*);\s*\/\/ → (.+)$/gm;

/** What links of the README begin with, so that they work wherever it is shown. */
export const REPOSITORY = 'https://github.com/tfjs-optim/tfjs-optim/blob/main/';
/** The same for pictures. */
export const PICTURES = 'https://raw.githubusercontent.com/tfjs-optim/tfjs-optim/main/';

/** The file that a link leads to, from the root of the project; undefined where it leads elsewhere. */
export function inRepository(link) {
  const base = [REPOSITORY, PICTURES].find(start => link.startsWith(start));
  return base === undefined ? undefined : link.slice(base.length);
}

/** The pages of a project: those in its root, then those in docs/. */
export function pagesOf(root) {
  const docs = readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .sort();
  return [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'CODE_OF_CONDUCT.md',
    'SECURITY.md',
    ...docs.map(name => `docs/${name}`),
  ];
}

/**
 * The fenced blocks of a page. The word after the language says where alone a block can run. `ts continued` goes on
 * from the block of code before it, in the same module; `text printed` is what that prints. `ts checked` needs what the
 * tests do not have, such as a file: it is type-checked only. A file name means that the reader writes this file: the
 * tests of the package follow such pages.
 * @param page its name, for the names of the blocks.
 */
export function blocksOf(text, page) {
  const blocks = [];
  for (const [i, {1: info, 2: code, index}] of [...text.matchAll(FENCE)].entries()) {
    const [language = '', mark = 'anywhere'] = info.trim().split(/\s+/);
    // A block above the first heading has none.
    const heading = [...text.slice(0, index).matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? '';
    const name = `${page} ${i + 1}, ${heading}`;
    const before = blocks.findLast(block => block.language === 'ts');
    // Blocks of other languages have no marks.
    const marks = MARKS[language] ?? [];
    const file = OF_FILES.includes(language) && mark.includes('.') ? mark : undefined;
    if (mark !== 'anywhere' && file === undefined && !marks.includes(mark))
      throw new Error(
        `${name}: a block of ${language} can be marked ${marks.join(', ') || 'with nothing'}; got '${mark}'.`,
      );
    if (['continued', 'printed'].includes(mark) && before === undefined)
      throw new Error(`${name}: there is no block of code before it.`);
    if (mark === 'continued') before.code += code;
    // The first block of what is printed begins the text.
    else if (mark === 'printed') before.printed = (before.printed ?? '') + code;
    else if (file !== undefined) blocks.push({name, heading, language, where: 'project', file, code});
    else blocks.push({name, heading, language, where: language === 'html' ? 'browser' : mark, code});
  }
  return blocks;
}

/** The names of the values that src/browser.ts exports. Examples in docstrings use them without importing them. */
function namesOf(root) {
  const entry = readFileSync(join(root, 'src/browser.ts'), 'utf8');
  return [...entry.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) =>
    list
      .split(',')
      .map(name => name.trim())
      .filter(name => /^\w+$/.test(name)),
  );
}

/**
 * The examples in the docstrings of src/. They run in Node, unless their mark says otherwise. Editors show them beside
 * the name, so they have no import of the main entry.
 */
export function examplesOf(root) {
  const names = namesOf(root);
  return readdirSync(join(root, 'src'), {recursive: true})
    .map(file => `src/${file.replaceAll(sep, '/')}`)
    .filter(file => file.endsWith('.ts'))
    .sort()
    .flatMap(file => [...readFileSync(join(root, file), 'utf8').matchAll(EXAMPLES)].map(found => ({file, found})))
    .flatMap(({file, found: [, text, name]}) =>
      blocksOf(text.replace(/^ \* ?/gm, ''), file).map((block, i) => {
        const used = names.filter(one => new RegExp(`\\b${one}\\b`).test(block.code));
        return {
          ...block,
          name: `${name} ${i + 1} in ${file}, example`,
          where: block.where === 'anywhere' ? 'node' : block.where,
          code: `import {${used.join(', ')}} from 'tfjs-optim';\n${block.code}`,
        };
      }),
    );
}

/** A block as a module that exports `run`, in TypeScript. */
function moduleOf({name, language, code}) {
  // A page may have only script tags, which the tests of the package load.
  const script = language === 'html' ? (/<script type="module">([^]*?)<\/script>/.exec(code)?.[1] ?? '') : code;
  const imports = [];
  const body = script
    .replace(/^import\s[^;]+;.*\n/gm, statement => {
      imports.push(statement);
      return '';
    })
    .replace(TOLD, '$1told($2, $3);');
  if (body.includes('// →'))
    throw new Error(
      `${name}: the text after '// →' must be the value of the statement before it. Write it in one line:\n${body}`,
    );
  if (!imports.some(statement => statement.includes('* as tf ')))
    imports.push("import * as tf from '@tensorflow/tfjs';\n");
  return `import type {DocContext} from './test/support/doc_context';
import * as tfoptim from 'tfjs-optim';
${imports.join('')}
export async function run({model, body, head, loss, xs, ys, told}: DocContext): Promise<void> {
  {
${body}
  }
}
`;
}

/**
 * An esbuild plugin for `docs:blocks`. @param place 'browser', 'node' or 'gpu' (the graphics card in Node): blocks for
 * the others are listed without `run`.
 */
export function docBlocks(root, place) {
  const pages = pagesOf(root).flatMap(page => blocksOf(readFileSync(join(root, page), 'utf8'), page));
  const blocks = [...pages, ...examplesOf(root)].map(block => ({
    ...block,
    source:
      ['ts', 'html'].includes(block.language) && ![...BUNDLED, 'project'].includes(block.where) ? moduleOf(block) : '',
  }));
  return {
    name: 'doc-blocks',
    setup(bundler) {
      bundler.onResolve({filter: /^docs:/}, ({path}) => ({path, namespace: 'docs'}));
      bundler.onResolve({filter: /^tfjs-optim$/, namespace: 'docs'}, () => ({path: join(root, 'src/index.ts')}));
      bundler.onLoad({filter: /^docs:blocks$/, namespace: 'docs'}, () => {
        const runs = blocks.map(({source, where}) => source !== '' && ['anywhere', place].includes(where));
        const imports = runs.flatMap((run, i) => (run ? [`import {run as run${i}} from 'docs:block/${i}';`] : []));
        const entries = blocks.map(
          (block, i) => `{...${JSON.stringify(block)}, run: ${runs[i] ? `run${i}` : 'undefined'}},`,
        );
        return {
          contents: `${imports.join('\n')}\nexport const blocks = [\n${entries.join('\n')}\n];`,
          loader: 'js',
          resolveDir: root,
        };
      });
      bundler.onLoad({filter: /^docs:block\/\d+$/, namespace: 'docs'}, ({path}) => {
        const block = blocks[Number(path.slice('docs:block/'.length))];
        return {contents: block.source, loader: 'ts', resolveDir: root};
      });
    },
  };
}
