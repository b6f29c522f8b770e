import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {join} from 'node:path';

import {bundleProgram} from '../../tools/bundle_program.mjs';
import {type Ended, runCommand} from './run_command';

/**
 * Bundles the example `examples/NAME.ts`, so that its processes start fast. Specs of `--help` run examples with tsx, as
 * users do.
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
  await bundleProgram(`examples/${name}.ts`, outfile);
  return {
    run: (...args) => runCommand(process.execPath, outfile, ...args),
    remove: () => {
      rmSync(folder, {recursive: true});
    },
  };
}
