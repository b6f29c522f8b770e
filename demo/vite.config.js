// `npm run demo:build`: static files in out/demo, which any server can serve at any path.
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vite';
import {digitsAsset} from './digits_asset.ts';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [digitsAsset()],
  // The page imports what its readers would; the longer name comes first, since the shorter one is a part of it.
  resolve: {
    alias: [
      {find: 'tfjs-optim/wasm-training', replacement: path('../src/wasm_training/index.ts')},
      {find: 'tfjs-optim', replacement: path('../src/index.ts')},
    ],
  },
  build: {outDir: path('../out/demo'), emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2000},
});
