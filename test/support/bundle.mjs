// One file for each pass: a single copy of tfjs-core, and specs start in a second.
import {mkdirSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

import {docBlocks} from './doc_pages.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(import.meta.url);
const CORE_OPTIMIZERS = '@tensorflow/tfjs-core/dist/optimizers';
const CORE_OPS = '@tensorflow/tfjs-core/dist/ops';

// tfjs-core's specs of the operations whose kernels src/wasm_training/ brings, and of those made of them.
const KERNEL_SPECS = [
  'conv1d', 'conv2d', 'conv2d_separable', 'conv2d_transpose', 'depthwise_conv2d', 'fused/fused_conv2d', 'fused/fused_depthwise_conv2d',
  'fused/fused_mat_mul', 'gather', 'mat_mul', 'tile', 'unsorted_segment_sum',
];

let folder;

// Inside node_modules, so that what a Node bundle leaves external is found from there.
function outputFolder() {
  if (!folder) {
    const cache = join(root, 'node_modules', '.cache', 'tfjs-optim');
    mkdirSync(cache, {recursive: true});
    folder = mkdtempSync(join(cache, 'run-'));
    process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
  }
  return folder;
}

function specFiles(directory, wanted, skipped = []) {
  return readdirSync(directory, {withFileTypes: true, recursive: true})
    .filter((entry) => entry.isFile() && /_test\.[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !skipped.some((other) => path.startsWith(join(directory, other))))
    .filter((path) => relative(directory, path).includes(wanted))
    .sort();
}

const importsOf = (files) => files.map((file) => `  await import(${JSON.stringify(file)});`).join('\n');

function define({backends, compositions}) {
  const values = {TEST_BACKENDS: backends.join(','), TEST_COMPOSITIONS: String(compositions), NODE_ENV: 'test'};
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)]));
}

// tfjs-core's specs get `tf` from `../index`, and one class from its own file; theirs become ours, which wrap the optimizers.
const standIn = {
  name: 'stand-in',
  setup(bundler) {
    bundler.onResolve({filter: /^(\.\.\/index|\.\/sgd_optimizer)$/}, ({importer}) => {
      const isSpec = importer.includes('tfjs-core') && /optimizers[\\/][a-z_]+_test\.js$/.test(importer);
      return isSpec ? {path: join(root, 'test/core_specs/stand_in.ts')} : undefined;
    });
  },
};

function browserEntry(pass, settings) {
  if (pass === 'core_specs') {
    const directory = dirname(require.resolve(`${CORE_OPTIMIZERS}/optimizer_test.js`));
    const files = specFiles(directory, settings.file);
    return files.length === 0 ? '' : `import './test/core_specs/environments.ts';
      import {startAfter} from './test/support/browser.ts';
      startAfter(async () => {\n${importsOf(files)}\n});`;
  }
  if (pass === 'kernel_specs') {
    const files = KERNEL_SPECS.filter((name) => name.includes(settings.file)).map((name) => require.resolve(`${CORE_OPS}/${name}_test.js`));
    return files.length === 0 ? '' : `import './test/wasm_training/core_environment.ts';
      import {startAfter} from './test/support/browser.ts';
      startAfter(async () => {\n${importsOf(files)}\n});`;
  }
  const files = specFiles(join(root, 'test'), settings.file, ['node', 'core_specs']);
  return files.length === 0 ? '' : `import {startAfter} from './test/support/browser.ts';
    import {findBackends} from './test/support/backends.ts';
    startAfter(async () => {\n  await findBackends();\n${importsOf(files)}\n});`;
}

export async function bundleForBrowser(pass, settings) {
  const bundle = join(outputFolder(), `${pass}.js`);
  const contents = browserEntry(pass, settings);
  if (!contents) return {bundle: ''};
  await build({
    stdin: {contents, resolveDir: root, sourcefile: `${pass}.ts`, loader: 'ts'},
    outfile: bundle,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'inline',
    sourcesContent: false,
    // tfjs-vis takes what it finds in Node's `global`.
    define: {...define(settings), global: 'globalThis'},
    plugins: pass === 'core_specs' ? [standIn] : [docBlocks(root, 'browser')],
    logLevel: 'warning',
  });
  const wasmFolder = join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out');
  return {bundle, wasmFolder: wasmFolder.replaceAll('\\', '/')};
}

export async function bundleForNode(settings) {
  const files = specFiles(join(root, 'test', 'node'), settings.file);
  if (files.length === 0) return {bundle: ''};
  const bundle = join(outputFolder(), 'node_specs.mjs');
  await build({
    stdin: {
      contents: `import '@tensorflow/tfjs-backend-wasm';
        import {findBackends} from './test/support/backends.ts';
        await findBackends();\n${importsOf(files)}`,
      resolveDir: root, sourcefile: 'node_specs.ts', loader: 'ts',
    },
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    sourcesContent: false,
    define: define(settings),
    plugins: [docBlocks(root, 'node')],
    logLevel: 'warning',
  });
  return {bundle};
}
