import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {blocks} from 'readme:blocks';
import ts from 'typescript';
import manifest from '../../package.json';
import {describeReadme} from '../support/readme_specs';

describeReadme('wasm', blocks);

describe('README.md', () => {
  it('has code in languages that are tested only', () => {
    expect(blocks.length).toBeGreaterThan(10);
    for (const {name, language} of blocks) expect(language).withContext(name).toMatch(/^(ts|html|sh)$/);
    expect(blocks.filter(({where}) => where === 'browser').length).withContext('for the browser only').toBeGreaterThan(0);
  });

  it('has code that type-checks, strict', () => {
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

  it('has commands that exist', () => {
    const scripts = Object.keys(manifest.scripts);
    const packages = [manifest.name, ...Object.keys(manifest.devDependencies)];
    const commands = blocks.filter(({language}) => language === 'sh').flatMap(({code}) => code.split('\n').map(line => line.replace(/ *#.*/, '')).filter(Boolean));
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands.flatMap(line => line.split(' && '))) {
      const [program, verb = '', ...rest] = command.split(' ');
      expect(program).withContext(command).toMatch(/^(npm|npx)$/);
      if (verb === 'install') for (const name of rest) expect(packages).withContext(command).toContain(name);
      else if (verb === 'start' || verb === 'test' || verb === 'run') expect(scripts).withContext(command).toContain(verb === 'run' ? rest[0] ?? '' : verb);
      else expect(verb).withContext(command).toBe('ci');
    }
  });

  it('has links to files that exist', () => {
    const text = readFileSync('README.md', 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) expect(existsSync(join(dirname('README.md'), target))).withContext(target).toBeTrue();
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));
    for (const [, anchor = ''] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });
});
