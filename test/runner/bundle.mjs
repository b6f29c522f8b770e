// Bundles all specs of a pass into one file. So there is one copy of tfjs-core, and the specs start within a second.
import {mkdirSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

import {docBlocks} from '../support/doc_pages.mjs';
import {instrumented} from './coverage.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(import.meta.url);
const CORE_OPTIMIZERS = '@tensorflow/tfjs-core/dist/optimizers';
const CORE_OPS = '@tensorflow/tfjs-core/dist/ops';

// tfjs-core's specs of the operations whose kernels are in src/wasm_training/, and of operations made of these.
const KERNEL_SPECS = [
  'conv1d',
  'conv2d',
  'conv2d_separable',
  'conv2d_transpose',
  'depthwise_conv2d',
  'fused/fused_conv2d',
  'fused/fused_depthwise_conv2d',
  'fused/fused_mat_mul',
  'gather',
  'mat_mul',
  'tile',
  'unsorted_segment_sum',
];

/** The suites whose commands are not `npm test`. Each has a folder. */
const OWN_FOLDER = ['programs', 'python', 'site'];

// These specs start compilers or processes, or try many structures, files or moments. `--quick` leaves them out.
const SLOW = [
  'fit/outside_weights_test',
  'fit/setting_hypers_test',
  'fuse/axes_test',
  'fuse/growth_test',
  'fuse/long_graph_test',
  'fuse/out_of_memory_test',
  'fuse/packed_weights_test',
  'fuse/reuse_test',
  'like_tf_train_test',
  'node/docs_test',
  'node/optimizer_interchange_test',
  'node/wasm_training_test',
  'saving_moment_test',
  'wasm_training/kernels_test',
  'wasm_training/layers_test',
  'wasm_training/relaxed_simd_test',
];

let folder;

// The folder is inside node_modules, so that Node finds the packages that a bundle imports.
function outputFolder() {
  if (!folder) {
    const cache = join(root, 'node_modules', '.cache', 'tfjs-optim');
    mkdirSync(cache, {recursive: true});
    folder = mkdtempSync(join(cache, 'run-'));
    process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
  }
  return folder;
}

/** Whether a path contains one of the texts of `--file`; without any, each does. */
const fits = (path, wanted) => wanted.length === 0 || wanted.some(text => path.includes(text));
/** The texts as parts of a path inside `folder`. */
const within = (folder, wanted) =>
  wanted.map(text => (text.startsWith(`${folder}/`) ? text.slice(folder.length + 1) : text));

/** The spec files in `test/folder` and below it, without those in `skipped`. */
function specFiles(folder, wanted, skipped = []) {
  const directory = join(root, 'test', folder);
  // Node before 20.12 has `path` instead of `parentPath`.
  const pathOf = entry => join(entry.parentPath ?? entry.path, entry.name);
  return readdirSync(directory, {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile() && /_test\.[jt]s$/.test(entry.name))
    .map(pathOf)
    .filter(path => !skipped.some(other => relative(join(root, 'test'), path).startsWith(other)))
    .filter(path => fits(relative(directory, path), wanted))
    .sort();
}

const importsOf = files => files.map(file => `  await import(${JSON.stringify(file)});`).join('\n');

function define(backends, {compositions, quick, seed}) {
  const values = {
    TEST_BACKENDS: backends.join(','),
    TEST_COMPOSITIONS: String(compositions),
    TEST_QUICK: quick ? '1' : '',
    TEST_SEED: seed,
    NODE_ENV: 'test',
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)]),
  );
}

// tfjs-core's specs import `tf` from `../index`, and one class from its own file. Both imports become
// test/core_specs/stand_in.ts, whose optimizers are wrapped by ours.
const standIn = {
  name: 'stand-in',
  setup(bundler) {
    bundler.onResolve({filter: /^(\.\.\/index|\.\/sgd_optimizer)$/}, ({importer}) => {
      const isSpec = importer.includes('tfjs-core') && /optimizers[\\/][a-z_]+_test\.js$/.test(importer);
      return isSpec ? {path: join(root, 'test/core_specs/stand_in.ts')} : undefined;
    });
  },
};

/**
 * The modules of a pass: `first` loads before the specs, `groups` are the specs with their backends. Of a group with
 * `onlyOnBackends`, specs that name no backend are left out.
 */
function partsOf(
  {place, suite, backends, pageBackends, onlyOnBackends = false, share = {first: 0, of: 1}},
  {files: wanted, quick},
) {
  if (suite === 'core') {
    const directory = dirname(require.resolve(`${CORE_OPTIMIZERS}/optimizer_test.js`));
    return {
      first: './test/core_specs/environments.ts',
      groups: [{files: specFiles(relative(join(root, 'test'), directory), wanted), backends}],
    };
  }
  if (suite === 'kernels') {
    const files = KERNEL_SPECS.filter(name => fits(name, wanted)).map(name =>
      require.resolve(`${CORE_OPS}/${name}_test.js`),
    );
    return {first: './test/wasm_training/core_environment.ts', groups: [{files, backends}]};
  }
  if (suite === 'isolated')
    return {first: '', groups: [{files: specFiles('isolated', within('isolated', wanted)), backends}]};
  const mine = files => files.filter((_, i) => i % share.of === share.first);
  if (OWN_FOLDER.includes(suite)) return {first: '', groups: [{files: mine(specFiles(suite, wanted)), backends}]};
  const slow = quick ? SLOW : [];
  const everywhere = specFiles('.', wanted, ['node', 'page', ...OWN_FOLDER, 'isolated', 'core_specs', ...slow]);
  const own =
    place === 'node' ? specFiles('node', within('node', wanted), slow) : specFiles('page', within('page', wanted));
  const groups = isOnGpu({place, backends})
    ? [{files: mine(everywhere), backends}]
    : [
        {files: backends.length > 0 ? mine(everywhere) : [], backends, onlyOnBackends},
        {files: mine(own), backends: place === 'node' ? backends : pageBackends},
      ];
  return {first: '', groups};
}

/** The name of the bundle of a pass: passes that share a suite run at the same time. */
const nameOf = ({place, suite, backends, share}) =>
  [place, suite, ...(isOnGpu({place, backends}) ? backends : []), ...(share ? [share.first] : [])].join('_');

/** Whether a pass runs on the graphics card in Node, or on a driver in software. */
export const isOnGpu = ({place, backends}) => place === 'node' && backends.includes('webgpu');

/** The bundle of a pass; undefined if no spec file matches `--file`. */
export async function bundleFor(pass, settings) {
  const {first, groups} = partsOf(pass, settings);
  const filled = groups.filter(({files}) => files.length > 0);
  if (filled.length === 0) return undefined;
  const load = filled
    .map(
      ({files, backends, onlyOnBackends = false}) =>
        (first ? '' : `  await findBackends(${JSON.stringify(backends)});\n`) +
        importsOf(files) +
        (onlyOnBackends ? '\n  leaveOthersToNode();' : ''),
    )
    .join('\n');
  const finder = first ? `import '${first}';` : `import {findBackends} from './test/support/backends.ts';`;
  const chrome = pass.place === 'chrome';
  const starter = isOnGpu(pass) ? `export {startWebGPU} from './src/node_webgpu/index.ts';\n` : '';
  // In Chrome the backends come first. tfjs-vis has another copy of tfjs-core, and only the copy that is initialized
  // first works.
  const pageStart = `import {leaveOthersToNode, startAfter} from './test/support/browser.ts';\n`;
  const entry = chrome
    ? `${pageStart}${finder}\nstartAfter(async () => {\n${load}\n});`
    : `import './test/support/wasm_in_node.ts';\n${starter}${finder}\nexport async function loadSpecs() {\n${load}\n}`;
  const bundle = join(outputFolder(), `${nameOf(pass)}.${chrome ? 'js' : isEsm(pass.suite) ? 'mjs' : 'cjs'}`);
  await build({
    stdin: {
      contents: `import './test/support/seeded_random.ts';\n${entry}`,
      resolveDir: root,
      sourcefile: `${nameOf(pass)}.ts`,
      loader: 'ts',
    },
    outfile: bundle,
    bundle: true,
    sourcemap: 'inline',
    sourcesContent: false,
    // tfjs-vis uses Node's `global`, which a page does not have.
    define: {...define(pass.backends, settings), ...(chrome ? {global: 'globalThis'} : {})},
    plugins: [
      ...(pass.suite === 'core' ? [standIn] : [docBlocks(root, chrome ? 'browser' : isOnGpu(pass) ? 'gpu' : 'node')]),
      ...(settings.coverage ? [instrumented(root)] : []),
    ],
    logLevel: 'warning',
    ...(chrome ? forChrome() : forNode(pass.suite)),
  });
  return bundle;
}

const forChrome = () => ({format: 'iife', platform: 'browser', target: 'es2022'});

// Node itself cannot import the files of tfjs-core that its specs import, so they are bundled.
const isEsm = suite => suite === 'specs' || OWN_FOLDER.includes(suite);
const forNode = suite =>
  isEsm(suite)
    ? {format: 'esm', platform: 'node', target: 'node20', packages: 'external'}
    : {format: 'cjs', platform: 'node', target: 'node20', mainFields: ['module', 'main']};

/** Where TensorFlow.js's `.wasm` files are. */
export function wasmFolder() {
  return join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out').replaceAll(
    '\\',
    '/',
  );
}
