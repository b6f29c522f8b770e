import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {blocks} from 'readme:blocks';
import ts from 'typescript';
import manifest from '../../package.json';
import {blocksOf} from '../support/readme.mjs';
import {describeReadme} from '../support/readme_specs';

describeReadme('wasm', blocks);

describe('the code in README.md', () => {
  it('is in languages that are tested only', () => {
    expect(blocks.length).toBeGreaterThan(10);
    for (const {name, language} of blocks) expect(language).withContext(name).toMatch(/^(ts|html|sh)$/);
    expect(blocks.filter(({where}) => where === 'browser').length).withContext('for the browser only').toBeGreaterThan(0);
  });

  it('type-checks, strict', () => {
    const sources = new Map(blocks.filter(({source}) => source !== '').map(({source}, i) => [resolve(`readme_block_${i}.ts`), source]));
    const {options} = ts.parseJsonConfigFileContent(ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)).config, ts.sys, process.cwd());
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
    const wrong = ts.getPreEmitDiagnostics(program).filter(({file}) => file === undefined || sources.has(resolve(file.fileName)));
    expect(ts.formatDiagnostics(wrong, {getCanonicalFileName: path => path, getCurrentDirectory: () => process.cwd(), getNewLine: () => '\n'})).toBe('');
  });
});

const scripts = Object.keys(manifest.scripts);
const packages = [manifest.name, ...Object.keys(manifest.devDependencies)];

function isCommand(command: string): boolean {
  const [program, verb = '', ...rest] = command.split(' ');
  if (program !== 'npm') return false;
  if (verb === 'install') return rest.every(name => packages.includes(name));
  if (verb === 'start' || verb === 'test') return scripts.includes(verb);
  return verb === 'ci' || (verb === 'run' && scripts.includes(rest[0] ?? ''));
}

for (const file of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/design_notes.md']) {
  describe(file, () => {
    const text = readFileSync(file, 'utf8');

    it('has commands that exist, and no other code that nothing runs', () => {
      const shell = blocksOf(text).filter(({language}) => file !== 'README.md' || language === 'sh');
      expect(shell.filter(({language}) => language !== 'sh')).toEqual([]);
      const lines = shell.flatMap(({code}) => code.split('\n')).map(line => line.replace(/ *#.*/, '')).filter(line => line !== '');
      expect(lines.flatMap(line => line.split(' && ')).filter(command => !isCommand(command))).toEqual([]);
    });

    it('has links that lead somewhere', () => {
      const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => join(dirname(file), target));
      expect(targets.filter(target => !existsSync(target))).toEqual([]);
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));
      const anchors = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
      expect(anchors.filter(anchor => !headings.includes(anchor))).toEqual([]);
    });
  });
}
