import {join, resolve} from 'node:path';

import {build} from 'esbuild';

/**
 * Bundles a program for Node, as an application would be; packages stay imports. tsx would read the 300 files of the
 * package anew in each process.
 * @param {string} entry the file of the program.
 * @param {string} outfile a file inside node_modules, where Node finds the packages that the bundle imports.
 * @param {Readonly<Record<string, string>>} replaced folders that stand for others, by the folder that is imported.
 */
export async function bundleProgram(entry, outfile, replaced = {}) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins: [
      {
        name: 'replaced folders',
        setup: ({onResolve}) => {
          onResolve({filter: /^\./}, ({path, resolveDir}) => {
            const folder = replaced[resolve(resolveDir, path)];
            return folder === undefined ? undefined : {path: join(folder, 'index.ts')};
          });
        },
      },
    ],
  });
}
