import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, isAbsolute, join} from 'node:path';

import {publint} from 'publint';

import {project, root, tarball} from './consumer.mjs';

const installed = join(project.folder, 'node_modules/tfjs-optim');
const read = file => readFileSync(join(installed, file), 'utf8');

/** The output of a tool of the project. */
function printed(file, ...args) {
  return spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {cwd: root, encoding: 'utf8'})
    .stdout;
}

describe('The packed package', () => {
  it('names its repository and where to report bugs', () => {
    const {repository, homepage, bugs, author, license, publishConfig} = JSON.parse(read('package.json'));
    const home = 'https://github.com/tfjs-optim/tfjs-optim';
    expect({repository, homepage, bugs, author, license, publishConfig}).toEqual({
      repository: {type: 'git', url: `git+${home}.git`},
      homepage: `${home}#readme`,
      bugs: {url: `${home}/issues`},
      author: 'tfjs-optim contributors',
      license: 'Apache-2.0',
      publishConfig: {access: 'public', provenance: true},
    });
  });

  it('has a README whose links work in the package', () => {
    const links = [...read('README.md').matchAll(/\]\((?!https:|#)([^)#]*)/g)].map(([, link]) => link);
    expect(links.filter(link => !existsSync(join(installed, link)))).toEqual([]);
  });

  it('has a source map with the sources for each script', () => {
    const scripts = readdirSync(join(installed, 'dist'), {recursive: true}).filter(file => /\.c?js$/.test(file));
    expect(scripts.length).toBeGreaterThan(20);
    for (const script of scripts) {
      const file = join('dist', script);
      const match = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(read(file));
      if (match === null) throw new Error(`${script} must name its source map; it does not.`);
      const [, name] = match;
      const {sources, sourcesContent} = JSON.parse(read(join(dirname(file), name)));
      expect(sources.filter(source => isAbsolute(source) || !source.includes('../src/')))
        .withContext(file)
        .toEqual([]);
      expect(sourcesContent.length).withContext(file).toBe(sources.length);
      expect(sourcesContent.every(text => typeof text === 'string' && text !== ''))
        .withContext(file)
        .toBe(true);
    }
  });

  it('passes publint', async () => {
    const {messages} = await publint({pkgDir: root, strict: true});
    expect(messages).toEqual([]);
  });

  it('has types that resolve everywhere (attw)', () => {
    expect(printed('@arethetypeswrong/cli/dist/index.js', tarball, '--format', 'ascii')).toContain(
      'No problems found',
    );
  });

  it('loads the code for the state of optimizers when an optimizer is moved', () => {
    const imported = new Set();
    const follow = file => {
      if (imported.has(file)) return;
      imported.add(file);
      for (const [, path] of read(file).matchAll(/^import .*'(\.[^']+)';$/gm)) follow(join(dirname(file), path));
    };
    follow('dist/interchange.js');
    expect([...imported]).toContain('dist/shared/transfer.js');
    expect([...imported].filter(file => file.includes('state'))).toEqual([]);
    for (const state of ['torch_state', 'fastai_state'])
      expect(read('dist/interchange.js')).toContain(`import('./shared/${state}.js')`);
  });

  it('is within its size limits (size-limit)', () => {
    const sizes = JSON.parse(printed('size-limit/bin.js', '--json'));
    for (const {name, size, sizeLimit} of sizes) expect(size).withContext(name).toBeLessThanOrEqual(sizeLimit);
    expect(sizes.length).toBeGreaterThan(0);
  });
});
