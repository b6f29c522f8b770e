import {build} from 'esbuild';

/**
 * Bundles a program for Node, as an application would be; packages stay imports. tsx would read the 300 files of the
 * package anew in each process.
 * @param {string} entry the file of the program.
 * @param {string} outfile a file inside node_modules, where Node finds the packages that the bundle imports.
 */
export async function bundleProgram(entry, outfile) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
}
