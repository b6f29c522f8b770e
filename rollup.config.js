import resolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import typescript from '@rollup/plugin-typescript';
import {dts} from 'rollup-plugin-dts';

// One row for each subpath of `exports` in package.json.
const ENTRIES = {
  'index': 'src/index.ts',
  'wasm-training': 'src/wasm_training/index.ts',
  'plot': 'src/plot/index.ts',
};

// On a page the whole of TensorFlow.js is one global.
const UMD = [
  {entry: 'index', file: 'dist/tfjs-optim.min.js', name: 'tfoptim'},
  {entry: 'wasm-training', file: 'dist/tfjs-optim-wasm-training.min.js', name: 'tfoptimWasmTraining'},
];
const GLOBALS = {'@tensorflow/tfjs-core': 'tf', '@tensorflow/tfjs-layers': 'tf'};

const external = Object.keys(GLOBALS);

const compile = () => [
  resolve(),
  typescript({include: ['src/**/*.ts'], noEmit: false, declaration: false, noEmitOnError: true}),
];

// Entries share their chunks, so that there is one registry and one class of each name.
const output = (format, extension) => ({
  dir: 'dist',
  format,
  entryFileNames: `[name].${extension}`,
  chunkFileNames: `shared/[name].${extension}`,
});

export default [
  {input: ENTRIES, external, plugins: compile(), output: output('es', 'js')},
  {input: ENTRIES, external, plugins: compile(), output: output('cjs', 'cjs')},
  ...UMD.map(({entry, file, name}) => ({
    input: ENTRIES[entry],
    external,
    plugins: compile(),
    output: {file, format: 'umd', name, globals: GLOBALS, plugins: [terser()]},
  })),
  {input: ENTRIES, external, plugins: [dts()], output: [output('es', 'd.ts'), output('es', 'd.cts')]},
];
