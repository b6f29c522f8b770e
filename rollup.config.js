import {readFileSync} from 'node:fs';
import {basename, resolve as resolvePath} from 'node:path';

import resolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import typescript from '@rollup/plugin-typescript';
import {dts} from 'rollup-plugin-dts';

// Backends whose kernels a bundled page imports.
const BACKENDS = ['cpu', 'wasm', 'webgpu'];
// What `exports` in package.json leads to. Bundlers for pages take `browser` for the package.
const ENTRIES = {
  index: 'src/index.ts',
  browser: 'src/browser.ts',
  ...Object.fromEntries(BACKENDS.map(name => [name, `src/backends/${name}.ts`])),
  'wasm-training': 'src/wasm_training/index.ts',
  plot: 'src/plot/index.ts',
  'file-system': 'src/file_system/index.ts',
};

// `browser` has the types of `index`.
const TYPED = Object.fromEntries(Object.entries(ENTRIES).filter(([name]) => name !== 'browser'));

// On a page the whole of TensorFlow.js is one global.
const UMD = [
  {entry: 'index', file: 'dist/tfjs-optim.min.js', name: 'tfoptim'},
  {entry: 'wasm-training', file: 'dist/tfjs-optim-wasm-training.min.js', name: 'tfoptimWasmTraining'},
];
const GLOBALS = {'@tensorflow/tfjs-core': 'tf', '@tensorflow/tfjs-layers': 'tf'};
// Where no loader of modules brings TensorFlow.js, its script has to stand before.
const orderOf =
  file => `if (typeof exports === 'undefined' && typeof define === 'undefined' && typeof tf === 'undefined') {
  throw new Error('${file} needs TensorFlow.js, the global \`tf\`. Put the script tag of tf.min.js before that of ${file}.');
}`;

// Where the types are that entries of one purpose take from the package's own.
const SHARED_TYPES = [resolvePath('src/fit'), resolvePath('src/schedule')];
const external = [...Object.keys(GLOBALS), /^node:/];

// What a bundle leaves out where nothing of it is used: by file for bundlers that look no deeper, and with the imports
// of tfjs-layers. Entries share their chunks, so that there is one registry and one class of each name.
const CHUNKS = [
  ['fit', /src\/fit\//],
  ['wrapper', /src\/wrapper\//],
  ['util', /src\/util\//],
  ['wasm', /src\/wasm\//],
  ['wasm-kernels', /src\/fuse\/(wasm|cpu)\//],
];
const ENTRY = new RegExp(
  `src/(index|browser|plot/index|file_system/\\w+|wasm_training/\\w+|backends/(${BACKENDS.join('|')})|fuse/webgpu/\\w+)\\.ts`,
);

const chunkOf = id => (ENTRY.test(id) ? undefined : (CHUNKS.find(([, files]) => files.test(id))?.[0] ?? 'core'));

const output = (format, extension) => ({
  dir: 'dist',
  format,
  entryFileNames: `[name].${extension}`,
  chunkFileNames: `shared/[name].${extension}`,
});
const code = (format, extension) => ({
  ...output(format, extension),
  sourcemap: true,
  manualChunks: chunkOf,
  onlyExplicitManualChunks: true,
  hoistTransitiveImports: false,
});
const isShared = id => SHARED_TYPES.some(folder => id.startsWith(folder));
const isExternalType = (id, importer = '') =>
  external.some(one => (one instanceof RegExp ? one.test(id) : one === id)) ||
  (importer.includes('src/plot/') && isShared(resolvePath('src/plot', id)));
// A type has one declaration: the other entries take it from the package's own.
const types = (code, extension) => ({
  ...output('es', extension),
  paths: id => (isShared(id) ? `./index.${code}` : id),
});

// Script-tag builds are made from what was just built, and their maps lead to the sources of that.
const withSourceMap = {
  name: 'with-source-map',
  load: file => ({code: readFileSync(file, 'utf8'), map: JSON.parse(readFileSync(`${file}.map`, 'utf8'))}),
};

export default [
  {
    input: ENTRIES,
    external,
    treeshake: {moduleSideEffects: 'no-external'},
    plugins: [
      resolve(),
      typescript({
        include: ['src/**/*.ts'],
        noEmit: false,
        sourceMap: true,
        inlineSources: true,
        declaration: false,
        noEmitOnError: true,
      }),
    ],
    output: [code('es', 'js'), code('cjs', 'cjs')],
  },
  // From what was just built: one compilation serves all.
  ...UMD.map(({entry, file, name}) => ({
    input: `dist/${entry}.js`,
    external,
    plugins: [withSourceMap],
    output: {
      file,
      format: 'umd',
      name,
      globals: GLOBALS,
      banner: orderOf(basename(file)),
      sourcemap: true,
      plugins: [terser()],
    },
  })),
  // A backend's entry exports nothing.
  {
    input: TYPED,
    onwarn: (warning, warn) => {
      if (warning.code !== 'EMPTY_BUNDLE') warn(warning);
    },
    external: isExternalType,
    plugins: [dts()],
    output: [types('js', 'd.ts'), types('cjs', 'd.cts')],
  },
];
