// `npm run demo:build`: static files in out/demo. Any server can serve them, at any path.
import {fileURLToPath} from 'node:url';

import {defineConfig} from 'vite';

import {digitsAsset} from './digits/digits_asset.ts';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

const ENTRIES = {
  'tfjs-optim': 'browser',
  'tfjs-optim/all': 'all',
  'tfjs-optim/wasm': 'backends/wasm',
  'tfjs-optim/webgpu': 'backends/webgpu',
  'tfjs-optim/wasm-training': 'wasm_training/index',
};

export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [digitsAsset()],
  // The page imports the package by its public names.
  resolve: {
    alias: Object.entries(ENTRIES).map(([name, file]) => ({
      find: new RegExp(`^${name}$`),
      replacement: path(`../src/${file}.ts`),
    })),
  },
  build: {outDir: path('../out/demo'), emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2000},
});
