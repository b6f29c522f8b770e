import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import resolve from '@rollup/plugin-node-resolve';
import {build as esbuild} from 'esbuild';
import {rollup} from 'rollup';
import {build as vite} from 'vite';

import {project} from './consumer.mjs';

const {folder} = project;
const PAGE = join(folder, 'virtual_page.js');
const PARTS = {
  fit: 'dist/shared/fit.js',
  wrapper: 'dist/shared/wrapper.js',
  plot: 'dist/plot.js',
  wasmTraining: 'dist/wasm-training.js',
  wasmThreads: 'dist/wasm-threads.js',
  gpuTraining: 'dist/gpu-training.js',
  wasmKernels: 'dist/shared/wasm-kernels.js',
  webgpu: 'dist/webgpu.js',
  layers: '@tensorflow/tfjs-layers',
};
/** Pages, and the parts of the package that their bundles must contain. */
const PAGES = [
  {source: `import {adam} from 'tfjs-optim'; console.log(adam);`, parts: []},
  {source: `import {adam, fitOneCycle} from 'tfjs-optim'; console.log(adam, fitOneCycle);`, parts: ['fit', 'layers']},
  {source: `import {OptimWrapper} from 'tfjs-optim'; console.log(OptimWrapper);`, parts: ['wrapper']},
  {source: `import {plotSchedules} from 'tfjs-optim/plot'; console.log(plotSchedules);`, parts: ['plot']},
  {
    source: `import {adam} from 'tfjs-optim'; import 'tfjs-optim/cpu'; import 'tfjs-optim/wasm'; console.log(adam);`,
    parts: ['wasmKernels'],
  },
  {source: `import {adam} from 'tfjs-optim'; import 'tfjs-optim/webgpu'; console.log(adam);`, parts: ['webgpu']},
  {source: `import 'tfjs-optim/wasm-training';`, parts: ['wasmTraining']},
  {
    source: `import {startWasmThreads} from 'tfjs-optim/wasm-threads'; console.log(startWasmThreads);`,
    parts: ['wasmThreads'],
  },
  {source: `import 'tfjs-optim/gpu-training';`, parts: ['gpuTraining']},
];

/** Each bundler returns the modules that contribute code to its bundle of the page, and the code. */
const BUNDLERS = {
  async esbuild(source) {
    const {metafile, outputFiles} = await esbuild({
      stdin: {contents: source, resolveDir: folder},
      bundle: true,
      write: false,
      metafile: true,
      minify: true,
      format: 'esm',
      absWorkingDir: folder,
      logLevel: 'error',
    });
    const modules = Object.values(metafile.outputs).flatMap(({inputs}) =>
      Object.keys(inputs).filter(path => inputs[path].bytesInOutput > 0),
    );
    return {modules, code: outputFiles.map(({text}) => text).join('')};
  },
  async rollup(source) {
    const made = await rollup({input: PAGE, external: /^@tensorflow/, plugins: [page(source), resolve()]});
    return modulesIn((await made.generate({format: 'es'})).output);
  },
  async Vite(source) {
    const {output} = await vite({
      root: folder,
      configFile: false,
      logLevel: 'error',
      plugins: [page(source)],
      build: {write: false, rolldownOptions: {input: PAGE}},
    });
    return modulesIn(output);
  },
};

function page(source) {
  return {
    name: 'page',
    enforce: 'pre',
    resolveId: id => (id === PAGE ? id : undefined),
    load: id => (id === PAGE ? source : undefined),
  };
}

function modulesIn(output) {
  const held = output.flatMap(({modules = {}, imports = []}) => [
    ...imports,
    ...Object.keys(modules).filter(path => modules[path].renderedLength > 0),
  ]);
  return {modules: held, code: output.map(({code = ''}) => code).join('')};
}

describe('Bundles contain only the parts of the package that are imported:', () => {
  for (const [bundler, bundled] of Object.entries(BUNDLERS)) {
    for (const {source, parts} of PAGES) {
      it(`${bundler}, ${source}`, async () => {
        const {modules} = await bundled(source);
        expect(Object.keys(PARTS).filter(part => modules.some(path => path.includes(PARTS[part])))).toEqual(parts);
      });
    }
  }
});

/** The callbacks that bundles leave out where nothing uses them. */
function optionalCallbacks() {
  const callbacks = fileURLToPath(new URL('../../src/callbacks/', import.meta.url));
  return readdirSync(callbacks)
    .flatMap(file => [
      ...readFileSync(join(callbacks, file), 'utf8').matchAll(
        /@__PURE__ \*\/ (?:\(\(\) =>\s*)?newCallback(?:WithExtras)?\(\s*'(\w+)'/g,
      ),
    ])
    .map(([, name]) => name);
}

describe('A bundle with adam alone contains no callback of another rule that can be left out:', () => {
  for (const [bundler, bundled] of Object.entries(BUNDLERS)) {
    it(bundler, async () => {
      const names = optionalCallbacks();
      expect(names).toContain('lionStep');
      expect(names).toContain('marsStep');
      const {code} = await bundled(PAGES[0].source);
      expect(code).toContain('adamStep');
      expect(names.filter(name => code.includes(name))).toEqual([]);
    });
  }
});
