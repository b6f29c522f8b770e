import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';

import {bundleProgram} from '../../tools/bundle_program.mjs';
import {type Ended, runCommand} from './run_command';

/**
 * Bundles the example `examples/NAME.ts`, so that its processes start fast. One spec, of wrong options, runs an example
 * with tsx, as users do.
 * @param workers programs that the example starts, as `federated/client`. Each is bundled to the same folder.
 */
export async function bundledExample(
  name: string,
  workers: readonly string[] = [],
): Promise<{
  readonly file: string;
  readonly run: (...args: readonly string[]) => Promise<Ended>;
  readonly remove: () => void;
}> {
  // Inside node_modules, so that Node finds the packages that the bundle imports.
  const cache = join('node_modules', '.cache', 'tfjs-optim');
  mkdirSync(cache, {recursive: true});
  const folder = mkdtempSync(join(cache, 'example-'));
  const outfileOf = (program: string): string => join(folder, `${basename(program)}.mjs`);
  for (const program of [name, ...workers]) await bundleProgram(`examples/${program}.ts`, outfileOf(program));
  const file = outfileOf(name);
  return {
    file,
    run: (...args) => runCommand(process.execPath, file, ...args),
    remove: () => {
      rmSync(folder, {recursive: true});
    },
  };
}
