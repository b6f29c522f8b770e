import {readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {build as esbuild} from 'esbuild';
import {build as vite} from 'vite';

import {blocksOf} from '../support/doc_pages.mjs';
import {bundledByWebpack} from './bundlers.mjs';
import {project, root} from './consumer.mjs';
import {browser, visit} from './page.mjs';

const {folder} = project;
const PAGE = 'docs/wasm_training.md';
const blocks = blocksOf(readFileSync(join(root, PAGE), 'utf8'), PAGE);

function recipe(mark) {
  const found = blocks.find(({where}) => where === mark);
  if (found === undefined) throw new Error(`${PAGE} has no block marked '${mark}'.`);
  return found.code;
}

/** A page that runs a recipe and then trains. */
const page = mark => `${recipe(mark)}
import * as optim from 'tfjs-optim';
import * as training from 'tfjs-optim/wasm-training';
import {convolution} from './subpaths.mjs';
globalThis.result = convolution(tf, optim, training);
`;
const SCRIPT = '<script type="module" src="/page.js"></script>';
const EXPECTED = {convolutionFalls: true, convolutionOn: 'wasm'};

describe('A bundled page trains on WASM with the recipes of docs/wasm_training.md:', () => {
  let chrome;
  beforeAll(async () => {
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome.close();
  });

  it('with Vite', async () => {
    const outDir = join(folder, 'vite_wasm');
    writeFileSync(join(folder, 'vite_wasm.js'), page('vite'));
    writeFileSync(join(folder, 'vite_wasm.html'), '<script type="module" src="./vite_wasm.js"></script>');
    await vite({
      root: folder,
      configFile: false,
      logLevel: 'error',
      build: {outDir, rolldownOptions: {input: join(folder, 'vite_wasm.html')}},
    });
    expect(await visit(chrome, outDir, readFileSync(join(outDir, 'vite_wasm.html'), 'utf8'))).toEqual(EXPECTED);
  });

  it('with webpack', async () => {
    await bundledByWebpack(page('webpack'), 'webpack_wasm', {
      output: {path: join(folder, 'webpack_wasm'), filename: 'page.js', publicPath: '/'},
    });
    expect(await visit(chrome, join(folder, 'webpack_wasm'), SCRIPT)).toEqual(EXPECTED);
  });

  it('with esbuild', async () => {
    writeFileSync(join(folder, 'page.js'), page('esbuild'));
    writeFileSync(join(folder, 'build.mjs'), recipe('build'));
    symlinkSync(join(root, 'node_modules/esbuild'), join(folder, 'node_modules/esbuild'), 'junction');
    await project.node('build.mjs');
    expect(readdirSync(join(folder, 'public')).filter(file => file.endsWith('.wasm')).length).toBe(3);
    expect(await visit(chrome, join(folder, 'public'), SCRIPT)).toEqual(EXPECTED);
  });
});

describe('A bundled page that does not set the paths of the WASM files', () => {
  let chrome;
  beforeAll(async () => {
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome.close();
  });

  /** A page that asks for a backend, trains, and returns the backend and the package's warnings. */
  const source = (imports, ask) => `import * as tf from '@tensorflow/tfjs';
    import '@tensorflow/tfjs-backend-wasm';
    import * as optim from 'tfjs-optim';
    ${imports}
    import {scenario} from './scenario.mjs';
    const warnings = [];
    console.warn = text => { if (String(text).startsWith('tfjs-optim')) warnings.push(text); };
    const result = async () => {
      const started = ${ask};
      const {falls} = await scenario(tf, optim);
      await scenario(tf, optim);
      return {started, falls, backend: tf.getBackend(), warnings};
    };
    globalThis.result = result();`;
  const trained = async (name, imports, ask) => {
    await esbuild({
      stdin: {contents: source(imports, ask), resolveDir: folder},
      bundle: true,
      format: 'esm',
      outfile: join(folder, name, 'page.js'),
      logLevel: 'error',
    });
    return visit(chrome, join(folder, name), SCRIPT);
  };

  it('trains on another backend, and says so once', async () => {
    expect(await trained('without_paths', `import 'tfjs-optim/wasm';`, `await tf.setBackend('wasm')`)).toEqual({
      started: false,
      falls: true,
      backend: 'webgl',
      warnings: [
        'tfjs-optim: optimizers run on webgl: the kernels of the backend wasm were imported, but the backend did not ' +
          'start. A bundled page must call setWasmPaths first: see "Bundled pages" in docs/wasm_training.md.',
      ],
    });
  });

  it('says nothing if it never asked for WASM', async () => {
    expect(await trained('another_backend', `import 'tfjs-optim/wasm';`, `await tf.setBackend('webgl')`)).toEqual({
      started: true,
      falls: true,
      backend: 'webgl',
      warnings: [],
    });
  });

  it('says nothing about kernels that it did not import', async () => {
    expect(await trained('no_kernels', '', `await tf.setBackend('wasm')`)).toEqual({
      started: false,
      falls: true,
      backend: 'webgl',
      warnings: [],
    });
  });
});
