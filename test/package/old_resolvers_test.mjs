import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import resolve from 'resolve';

import {bundledByWebpack} from './bundlers.mjs';
import {project, root} from './consumer.mjs';
import {EXPECTED} from './fixtures/scenario.mjs';
import {browser, visit} from './page.mjs';

const {exports} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const ENTRIES = Object.keys(exports)
  .filter(path => path.startsWith('./') && path !== './package.json')
  .map(path => path.slice('./'.length));
const dist = join(project.folder, 'node_modules/tfjs-optim/dist');

describe('A resolver that does not know exports', () => {
  it('finds the package, and its entries', () => {
    expect(ENTRIES.length).toBeGreaterThan(4);
  });

  for (const entry of ENTRIES) {
    it(`finds tfjs-optim/${entry}, in Node and for bundlers`, () => {
      const found = packageFilter =>
        resolve.sync(`tfjs-optim/${entry}`, {basedir: project.folder, preserveSymlinks: false, packageFilter});
      expect(found()).toBe(join(dist, `${entry}.cjs`));
      expect(found(manifest => ({...manifest, main: manifest.module}))).toBe(join(dist, `${entry}.js`));
    });

    it(`has types for tfjs-optim/${entry} in the folder, too`, () => {
      const {types} = JSON.parse(
        readFileSync(join(project.folder, 'node_modules/tfjs-optim', entry, 'package.json'), 'utf8'),
      );
      expect(readFileSync(join(project.folder, 'node_modules/tfjs-optim', entry, types), 'utf8')).toBe(
        readFileSync(join(dist, `${entry}.d.ts`), 'utf8'),
      );
    });
  }

  it('makes a page that trains on cpu, with one copy of the package', async () => {
    const {path, modules} = await bundledByWebpack(
      `import * as tf from '@tensorflow/tfjs';
      import * as optim from 'tfjs-optim';
      import 'tfjs-optim/cpu';
      import {scenario} from './scenario.mjs';
      globalThis.result = tf.setBackend('cpu').then(() => scenario(tf, optim));`,
      'old_resolver',
      {resolve: {exportsFields: []}},
    );
    const ours = modules.filter(file => file.startsWith(dist));
    expect(ours).toContain(join(dist, 'cpu.js'));
    expect(ours.filter(file => file.endsWith('.cjs'))).toEqual([]);
    const chrome = await browser();
    try {
      expect(await visit(chrome, project.folder, `<script type="module" src="/${path}"></script>`)).toEqual(EXPECTED);
    } finally {
      await chrome.close();
    }
  });
});
