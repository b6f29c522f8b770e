// README.md's code as modules: `readme:blocks` imports each block as a function of the hidden context that readme_context.ts makes.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const FENCE = /^```(.*)\n([^]*?)^```$/gm;
const PLACES = ['browser', 'node'];

/** The fenced blocks of a Markdown text. The word after the language says where alone a block can run. */
export function blocksOf(text) {
  return [...text.matchAll(FENCE)].map(({1: info, 2: code, index}, i) => {
    const [language = '', where = 'anywhere'] = info.trim().split(/\s+/);
    const heading = [...text.slice(0, index).matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? '';
    if (where !== 'anywhere' && !PLACES.includes(where)) throw new Error(`README.md: a block runs anywhere or in ${PLACES.join(', ')}; got '${where}'.`);
    return {name: `${i + 1}, ${heading}`, language, where: language === 'html' ? 'browser' : where, code};
  });
}

/** A block as a module that exports `run`, in TypeScript. */
function moduleOf({language, code}) {
  const script = language === 'html' ? /<script type="module">([^]*?)<\/script>/.exec(code)?.[1] ?? '' : code;
  const imports = [];
  const body = script.replace(/^import\s[^;]+;.*\n/gm, (statement) => {
    imports.push(statement);
    return '';
  });
  if (!imports.some((statement) => statement.includes('* as tf '))) imports.push("import * as tf from '@tensorflow/tfjs';\n");
  return `import type {ReadmeContext} from './test/support/readme_context';
import * as tfoptim from 'tfjs-optim';
${imports.join('')}
export async function run({model, body, head, loss, xs, ys}: ReadmeContext): Promise<void> {
  {
${body}
  }
}
`;
}

/** An esbuild plugin for `readme:blocks`. @param place 'browser' or 'node': blocks for the other are listed without `run`. */
export function readmeBlocks(root, place) {
  const blocks = () => blocksOf(readFileSync(join(root, 'README.md'), 'utf8'))
    .map((block) => ({...block, source: ['ts', 'html'].includes(block.language) ? moduleOf(block) : ''}));
  return {
    name: 'readme-blocks',
    setup(bundler) {
      bundler.onResolve({filter: /^readme:/}, ({path}) => ({path, namespace: 'readme'}));
      bundler.onResolve({filter: /^tfjs-optim$/, namespace: 'readme'}, () => ({path: join(root, 'src/index.ts')}));
      bundler.onLoad({filter: /^readme:blocks$/, namespace: 'readme'}, () => {
        const listed = blocks();
        const runs = listed.map(({source, where}) => source !== '' && ['anywhere', place].includes(where));
        const imports = runs.flatMap((run, i) => run ? [`import {run as run${i}} from 'readme:block/${i}';`] : []);
        const entries = listed.map((block, i) => `{...${JSON.stringify(block)}, run: ${runs[i] ? `run${i}` : 'undefined'}},`);
        return {contents: `${imports.join('\n')}\nexport const blocks = [\n${entries.join('\n')}\n];`, loader: 'js', resolveDir: root};
      });
      bundler.onLoad({filter: /^readme:block\/\d+$/, namespace: 'readme'}, ({path}) => {
        const block = blocks()[Number(path.slice('readme:block/'.length))];
        return {contents: block?.source ?? '', loader: 'ts', resolveDir: root};
      });
    },
  };
}
