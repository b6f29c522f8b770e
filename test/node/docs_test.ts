import {readFileSync, statSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';

import {blocks} from 'docs:blocks';
import ts from 'typescript';

import manifest from '../../package.json';
import {inRepository, pagesOf, REPOSITORY} from '../support/doc_pages.mjs';
import {describeDocs} from '../support/doc_specs';
import {present} from '../support/present';

describeDocs('wasm', blocks);

/** The list of all pages. */
const LIST = 'docs/README.md';
const pages = new Map(pagesOf('.').map(page => [page, readFileSync(page, 'utf8')]));

describe('the code in the pages', () => {
  it('uses only languages that are tested', () => {
    expect(blocks.length).toBeGreaterThan(40);
    for (const {name, language} of blocks)
      expect(language)
        .withContext(name)
        .toMatch(/^(ts|js|html|sh|text|python|wgsl)$/);
    expect(blocks.filter(({where}) => where === 'browser').length)
      .withContext('for the browser only')
      .toBeGreaterThan(0);
    for (const [page, text] of pages)
      expect(text.replaceAll(/^```.*\n[^]*?^```$/gm, ''))
        .withContext(`fences of another kind in ${page}`)
        .not.toMatch(/```|~~~/);
  });

  it('type-checks, strict', () => {
    const sources = new Map(
      blocks
        .filter(({source}) => source !== '')
        .map(({name, source}, i) => [
          // The number makes names differ that differ only in case.
          resolve(`${i}_${present(name.split(',')[0]).replaceAll(/\W+/g, '_')}.ts`),
          source,
        ]),
    );
    const {options} = ts.parseJsonConfigFileContent(
      ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)).config,
      ts.sys,
      process.cwd(),
    );
    const strict = {...options, noUnusedLocals: false, noUnusedParameters: false};
    const disk = ts.createCompilerHost(strict);
    const program = ts.createProgram([...sources.keys()], strict, {
      ...disk,
      fileExists: path => sources.has(resolve(path)) || disk.fileExists(path),
      readFile: path => sources.get(resolve(path)) ?? disk.readFile(path),
      getSourceFile: (path, version) => {
        const text = sources.get(resolve(path)) ?? disk.readFile(path);
        return text === undefined ? undefined : ts.createSourceFile(path, text, version);
      },
    });
    // The files of src/, which the blocks import, are checked by `npm run typecheck`.
    const wrong = [
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...[...sources.keys()].flatMap(path => {
        const file = present(program.getSourceFile(path));
        return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      }),
    ];
    expect(
      ts.formatDiagnostics(wrong, {
        getCanonicalFileName: path => path,
        getCurrentDirectory: () => process.cwd(),
        getNewLine: () => '\n',
      }),
    ).toBe('');
  });

  it('calls commands that exist', () => {
    const lines = blocks
      .filter(({language}) => language === 'sh')
      .flatMap(({code}) => code.split('\n'))
      .map(line => line.replace(/ *#.*/, ''))
      .filter(line => line !== '');
    expect(lines.flatMap(line => line.split(' && ')).filter(command => !isCommand(command))).toEqual([]);
  });
});

describe('the pages', () => {
  it('have links that lead to files and headings', () => {
    const broken = [...pages].flatMap(([page, text]) =>
      [...text.matchAll(/\]\(([^)#]*)#?([^)]*)\)/g)].flatMap(([link, path = '', anchor = '']) => {
        const absolute = inRepository(path);
        if (absolute === undefined && /^https?:/.test(path)) return [];
        const target = absolute ?? (path === '' ? page : join(dirname(page), path));
        const found = isFile(target) && (anchor === '' || anchorsOf(present(pages.get(target))).includes(anchor));
        return found ? [] : [`${page}: ${link}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('are all linked from the list of pages, which the README links', () => {
    const list = present(pages.get(LIST));
    const linked = [...list.matchAll(/\]\(([^)#]*)/g)].map(([, path = '']) => join(dirname(LIST), path));
    expect([...pages.keys()].filter(page => !['README.md', LIST, ...linked].includes(page))).toEqual([]);
    expect(pages.get('README.md')).toContain(`](${REPOSITORY}${LIST})`);
  });

  it('begin with a README of less than 150 lines', () => {
    expect(present(pages.get('README.md')).split('\n').length).toBeLessThan(150);
  });

  it("have links in the README that work on the registry's page", () => {
    const links = [...present(pages.get('README.md')).matchAll(/\]\(([^)]*)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(link => !/^(https:|#)/.test(link))).toEqual([]);
  });
});

const scripts = Object.keys(manifest.scripts);
const packages = [manifest.name, ...Object.keys(manifest.devDependencies)];

function isCommand(command: string): boolean {
  // What newcomers run in a project of their own. The tests of the package run it.
  if (
    /^(mkdir|cd) [\w-]+$|^(node|python) [\w.]+$|^npx vite( build| preview)?$|^npm init -y$|^pip install torch$/.test(
      command,
    )
  )
    return true;
  const [program, verb = '', ...rest] = command.split(' ');
  if (program !== 'npm') return false;
  if (verb === 'install') return rest.every(name => name === '--save-dev' || packages.includes(name));
  if (verb === 'start' || verb === 'test') return scripts.includes(verb);
  const [script = ''] = rest;
  return verb === 'ci' || (verb === 'run' && scripts.includes(script));
}

function isFile(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isFile() === true;
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
