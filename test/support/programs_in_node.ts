import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {join} from 'node:path';

import {build} from 'esbuild';

import {runCommand} from './run_command';

const CACHE = 'node_modules/.cache/tfjs-optim';

/**
 * For the specs of this `describe`: a function that runs a program in Node, and resolves to the lines that it prints.
 * In the program, `tfjs-optim` is the code of this repository, by the paths in tsconfig.json. A program that fails
 * fails the spec.
 */
export function programsInNode(): (program: string) => Promise<string[]> {
  let folder: string;
  beforeAll(async () => {
    await mkdir(CACHE, {recursive: true});
    // Inside node_modules, so that Node finds the packages that a program imports.
    folder = await mkdtemp(join(CACHE, 'program-'));
  });
  afterAll(() => rm(folder, {recursive: true}));
  return async program => {
    const file = join(folder, 'program.mjs');
    await build({
      stdin: {contents: program, resolveDir: '.', loader: 'js'},
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: ['@tensorflow/*', 'mnist', '@observablehq/plot', 'linkedom'],
      logLevel: 'warning',
    });
    const {code, stdout, stderr} = await runCommand(process.execPath, file);
    expect(code).withContext(stderr).toBe(0);
    return stdout.split('\n');
  };
}
