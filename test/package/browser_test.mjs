import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {build as esbuild} from 'esbuild';
import {build} from 'vite';

import {project} from './consumer.mjs';
import {EXPECTED} from './fixtures/scenario.mjs';
import {browser, visit} from './page.mjs';

const {folder} = project;
const page = file => `<script type="module" src="/${file}"></script>`;
const WORKER_PAGE = `<script>globalThis.result = new Promise(resolve => {
  new Worker('/out/worker.js').onmessage = ({data}) => { resolve(data); };
});</script>`;
const SCRIPTS = [
  '@tensorflow/tfjs/dist/tf.min.js',
  '@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
  'tfjs-optim/dist/tfjs-optim.min.js',
  'tfjs-optim/dist/tfjs-optim-wasm-training.min.js',
];
const SCRIPT_PAGE = `${SCRIPTS.map(file => `<script src="/node_modules/${file}"></script>`).join('\n')}
  <script type="module">
    import {scenario} from '/scenario.mjs';
    import {convolution} from '/subpaths.mjs';
    globalThis.result = scenario(tf, tfoptim).then(async trained => ({
      ...trained,
      ...await convolution(tf, tfoptim, tfoptimWasmTraining),
    }));
  </script>`;

/** The code with which a page gets a backend of tfjs. */
const BACKENDS = {
  cpu: '',
  wasm: `import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
  setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');`,
  webgpu: `import '@tensorflow/tfjs-backend-webgpu';`,
};
const backendPage = (backend, more) => `import * as tf from '@tensorflow/tfjs';
  import * as optim from 'tfjs-optim';
  import {scenario} from './scenario.mjs';
  ${BACKENDS[backend]}
  ${more}
  const warnings = [];
  console.warn = text => { if (String(text).includes('tfjs-optim')) warnings.push(text); };
  globalThis.result = tf.setBackend('${backend}')
    .then(() => scenario(tf, optim))
    .then(trained => ({...trained, backend: tf.getBackend(), warnings}));`;

const fixture = name => ({entryPoints: [join(folder, `${name}.mjs`)]});

/** Bundles a page with esbuild. @param what the input. */
async function bundle(what, name, format) {
  await esbuild({
    ...what,
    bundle: true,
    minify: true,
    format,
    outfile: join(folder, `out/${name}.js`),
    logLevel: 'error',
  });
}

describe('In a browser, the package', () => {
  let chrome;
  beforeAll(async () => {
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome.close();
  });

  it('trains, saves and resumes on a page bundled by esbuild', async () => {
    await bundle(fixture('page'), 'page', 'esm');
    expect(await visit(chrome, folder, page('out/page.js'))).toEqual(EXPECTED);
  });

  it('trains, saves and resumes on a page built by Vite', async () => {
    writeFileSync(join(folder, 'index.html'), page('page.mjs'));
    const outDir = join(folder, 'vite');
    await build({root: folder, logLevel: 'error', build: {outDir}});
    expect(await visit(chrome, outDir, readFileSync(join(outDir, 'index.html')))).toEqual(EXPECTED);
  });

  it('trains, saves and resumes in a web worker', async () => {
    await bundle(fixture('worker'), 'worker', 'iife');
    expect(await visit(chrome, folder, WORKER_PAGE)).toEqual(EXPECTED);
  });

  it('trains, saves, resumes, and trains a convolution on WASM, on a page of script tags', async () => {
    expect(await visit(chrome, folder, SCRIPT_PAGE)).toEqual({
      ...EXPECTED,
      convolutionOn: 'wasm',
      convolutionFalls: true,
    });
  });

  for (const file of ['tfjs-optim.min.js', 'tfjs-optim-wasm-training.min.js']) {
    it(`says what is missing if ${file} comes before TensorFlow.js`, async () => {
      const first = `<script>
        addEventListener('error', event => { event.preventDefault(); globalThis.result = event.message; });
      </script>
      <script src="/node_modules/tfjs-optim/dist/${file}"></script>`;
      expect(await visit(chrome, folder, `${first}<script src="/node_modules/${SCRIPTS[0]}"></script>`)).toBe(
        `Uncaught Error: ${file} needs TensorFlow.js, the global \`tf\`. ` +
          `Put the script tag of tf.min.js before that of ${file}.`,
      );
    });
  }

  for (const backend of Object.keys(BACKENDS)) {
    const own = `tfjs-optim/${backend}`;
    const trained = async more => {
      await bundle({stdin: {contents: backendPage(backend, more), resolveDir: folder}}, backend, 'esm');
      return visit(chrome, folder, page(`out/${backend}.js`));
    };

    it(`fuses on ${backend} if the page imports '${own}'`, async () => {
      expect(await trained(`import '${own}';`)).toEqual({...EXPECTED, backend, warnings: []});
    });

    it(`trains on ${backend} without that import too, and says once that it is missing`, async () => {
      expect(await trained('')).toEqual({
        ...EXPECTED,
        backend,
        fuses: false,
        warnings: [
          `tfjs-optim: an optimizer runs without fusing, more slowly: the backend ${backend} needs import '${own}'`,
        ],
      });
    });
  }
});
