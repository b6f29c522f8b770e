import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {join} from 'node:path';

import {build} from 'esbuild';

import {type Ended, runCommand} from './run_command';

/**
 * Bundles the example `examples/NAME.ts` as an application would be, because tsx reads the 300 files of the package
 * anew in each process. Specs of `--help` run the examples with tsx, as users do.
 */
export async function bundledExample(name: string): Promise<{
  readonly run: (...args: readonly string[]) => Promise<Ended>;
  readonly remove: () => void;
}> {
  // Inside node_modules, so that Node finds the packages that the bundle imports.
  const cache = join('node_modules', '.cache', 'tfjs-optim');
  mkdirSync(cache, {recursive: true});
  const folder = mkdtempSync(join(cache, 'example-'));
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [`examples/${name}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return {
    run: (...args) => runCommand(process.execPath, outfile, ...args),
    remove: () => {
      rmSync(folder, {recursive: true});
    },
  };
}
