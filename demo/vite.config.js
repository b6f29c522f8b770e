// `npm run demo:build`: static files in out/demo. Any server can serve them, at any path.
import {fileURLToPath} from 'node:url';

import ts from 'typescript';
import {defineConfig} from 'vite';

import {digitsAsset} from './digits/digits_asset.ts';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

// TypeScript reads the same names from tsconfig.json. A name that was missing here would come from dist/, with a second
// copy of the package.
const {config, error} = ts.readConfigFile(path('../tsconfig.json'), ts.sys.readFile);
if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
const ENTRIES = {
  ...Object.fromEntries(Object.entries(config.compilerOptions.paths).map(([name, [file]]) => [name, file])),
  // Bundlers for pages take this one of the main entry's two files.
  'tfjs-optim': './src/browser.ts',
};

export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [digitsAsset()],
  // The page imports the package by its public names.
  resolve: {
    alias: Object.entries(ENTRIES).map(([name, file]) => ({
      find: new RegExp(`^${name}$`),
      replacement: path(`../${file}`),
    })),
  },
  build: {outDir: path('../out/demo'), emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2000},
});
