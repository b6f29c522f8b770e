import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';

import {build, resolveConfig} from 'vite';

import manifest from '../../package.json';
import {present} from '../support/present';

const CONFIG = {configFile: 'demo/vite.config.js', logLevel: 'warn'} as const;
/** A text of the package's class `Optimizer`. */
const OF_THE_CORE = 'The variables hold the weights shown by eval(); call train() before the next step.';

describe('The build of the demo', () => {
  // With a dist/ folder, Node's rules find the package there.
  it('finds every entry of the package in src/', async () => {
    const {
      resolve: {alias},
    } = await resolveConfig(CONFIG, 'build');
    const names = Object.keys(manifest.exports)
      .filter(path => path !== './package.json')
      .map(path => path.replace('.', 'tfjs-optim'));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const found = alias.filter(({find}) => new RegExp(find).test(name));
      expect(found.length).withContext(name).toBe(1);
      const file = name.replace(present(found[0]).find, present(found[0]).replacement);
      expect(file.startsWith(resolve('src')))
        .withContext(file)
        .toBeTrue();
      expect(readFileSync(file, 'utf8').length).withContext(file).toBeGreaterThan(0);
    }
  });

  it('has one copy of the package', async () => {
    const built = await build({...CONFIG, build: {write: false}});
    const chunks = [built].flat().flatMap(one => ('output' in one ? one.output : []));
    const code = chunks.flatMap(chunk => (chunk.type === 'chunk' ? [chunk.code] : [])).join('\n');
    expect(code.split(OF_THE_CORE).length - 1).toBe(1);
    const modules = chunks.flatMap(chunk => (chunk.type === 'chunk' ? chunk.moduleIds : []));
    expect(modules.filter(id => id.startsWith(resolve('dist')))).toEqual([]);
    expect(modules).toContain(resolve('src/optimizer/optimizer.ts'));
    expect(modules).toContain(resolve('src/backends/cpu.ts'));
  });
});
