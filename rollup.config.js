import {readFileSync} from 'node:fs';
import {basename, dirname, resolve as resolvePath} from 'node:path';

import resolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import typescript from '@rollup/plugin-typescript';
import MagicString from 'magic-string';
import {dts} from 'rollup-plugin-dts';

// A bundled page imports the kernels of these backends itself.
const BACKENDS = ['cpu', 'wasm', 'webgpu'];
// The entries that `exports` in package.json names. Bundlers for pages use `browser` instead of `index`.
const ENTRIES = {
  index: 'src/index.ts',
  browser: 'src/browser.ts',
  ...Object.fromEntries(BACKENDS.map(name => [name, `src/backends/${name}.ts`])),
  'wasm-training': 'src/wasm_training/index.ts',
  'wasm-threads': 'src/wasm_threads/index.ts',
  'gpu-training': 'src/gpu_training/index.ts',
  all: 'src/all.ts',
  plot: 'src/plot/index.ts',
  'file-system': 'src/file_system/index.ts',
  'node-webgpu': 'src/node_webgpu/index.ts',
  interchange: 'src/interchange/index.ts',
  keras: 'src/interchange/keras/index.ts',
};

// `browser` has the same types as `index`.
const TYPED = Object.fromEntries(Object.entries(ENTRIES).filter(([name]) => name !== 'browser'));

// In script tags, all packages of TensorFlow.js are one global.
const UMD = [
  {entry: 'index', file: 'dist/tfjs-optim.min.js', name: 'tfoptim'},
  {entry: 'wasm-training', file: 'dist/tfjs-optim-wasm-training.min.js', name: 'tfoptimWasmTraining'},
];
const GLOBALS = {'@tensorflow/tfjs-core': 'tf', '@tensorflow/tfjs-layers': 'tf'};
// Without a module loader, the script of TensorFlow.js must come first.
const orderOf = file => {
  const message = `${file} needs TensorFlow.js, the global \`tf\`.`;
  const remedy = `Put the script tag of tf.min.js before that of ${file}.`;
  return `if (typeof exports === 'undefined' && typeof define === 'undefined' && typeof tf === 'undefined') {
  throw new Error('${message} ${remedy}');
}`;
};

// The entries `plot` and `interchange` import the types of these folders from the main entry.
const SHARED_TYPES = ['fit', 'table', 'optimizer', 'state', 'params', 'schedule', 'callbacks', 'rule'].map(room =>
  resolvePath('src', room),
);
const BORROWER = /src\/(plot|interchange)\//;
const external = [...Object.keys(GLOBALS), '@tensorflow/tfjs-backend-webgpu', /^node:/];

// A bundle leaves out the chunks that it does not use, with their imports of tfjs-layers. Some bundlers leave out whole
// files only. All entries share the chunks, so that there is one registry, and one class of each name.
const CHUNKS = [
  ['fit', /src\/fit\//],
  ['wrapper', /src\/wrapper\//],
  ['util', /src\/util\//],
  ['gradients', /src\/gradients\//],
  ['webgpu-commands', /src\/fuse\/webgpu\/(commands|device)/],
  ['transfer', /src\/interchange\/transfer\//],
  // Loaded when an optimizer is handed over, with that for PyTorch or for fastai.
  ['training-state', /src\/interchange\/training\//],
  ['wasm', /src\/wasm\//],
  ['wasm-kernels', /src\/fuse\/(wasm|cpu)\//],
];
// Files of the entries themselves are in no chunk.
const ENTRY_FILES = [
  'index',
  'browser',
  'all',
  'plot/\\w+',
  'file_system/\\w+',
  'node_webgpu/\\w+',
  'interchange/(index|(fastai|keras|safetensors|torch)/\\w+)',
  'wasm_training/\\w+',
  'wasm_threads/\\w+',
  'gpu_training/(\\w+/)?\\w+',
  `backends/(${BACKENDS.join('|')})`,
  // tfjs-optim/gpu-training has the others too.
  'fuse/webgpu/(?!commands|device)\\w+',
];
const ENTRY = new RegExp(`src/(${ENTRY_FILES.join('|')})\\.ts`);

// All other files are in the chunk `core`.
const chunkOf = id => (ENTRY.test(id) ? undefined : (CHUNKS.find(([, files]) => files.test(id))?.[0] ?? 'core'));

const output = (format, extension) => ({
  dir: 'dist',
  format,
  // Not import(), because CommonJS files can be loaded where that is missing, as in a vm.
  dynamicImportInCjs: false,
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
// Declarations that TypeScript infers import from the folder of the main entry.
const isShared = id => id === resolvePath('src') || SHARED_TYPES.some(folder => id.startsWith(folder));
const isExternalType = (id, importer = '') =>
  external.some(one => (one instanceof RegExp ? one.test(id) : one === id)) ||
  (BORROWER.test(importer) && isShared(resolvePath(dirname(importer), id)));
// A type has one declaration. The other entries import it from the main entry.
const types = (code, extension) => ({
  ...output('es', extension),
  paths: id => (isShared(id) ? `./index.${code}` : id),
});

// Script-tag builds are made from the modules in dist/. Their source maps lead to the sources of these modules.
const withSourceMap = {
  name: 'with-source-map',
  load: file => ({code: readFileSync(file, 'utf8'), map: JSON.parse(readFileSync(`${file}.map`, 'utf8'))}),
};

// Editors read examples in the declarations. In the code, they would be loaded for nothing.
const EXAMPLE = /[ \t]*\* @example\n(?:[ \t]*\*(?!\/).*\n)+?(?=[ \t]*\*\/)/g;
const withoutExamples = {
  name: 'without-examples',
  transform(code) {
    const text = new MagicString(code);
    for (const {index, 0: example} of code.matchAll(EXAMPLE)) text.remove(index, index + example.length);
    return text.hasChanged() ? {code: text.toString(), map: text.generateMap({hires: true})} : null;
  },
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
      withoutExamples,
    ],
    output: [code('es', 'js'), code('cjs', 'cjs')],
  },
  // These builds start from the modules in dist/, so that TypeScript compiles only once.
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
  // The entries of backends export nothing, so their declarations are empty.
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
