// `node bench/bundled.mjs FOLDER[,FOLDER] [arguments]`: bundles each bench/FOLDER/run.ts, as an application would be,
// and runs it in Node.
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {relaxedSimdFlags} from '../test/support/relaxed_simd_flags.mjs';
import {bundleProgram} from '../tools/bundle_program.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folders, ...rest] = process.argv.slice(2);
if (folders === undefined) throw new Error('A folder of bench/ is missing: node bench/bundled.mjs FOLDER[,FOLDER]');
// The bundle is inside node_modules, so that Node finds the packages that it imports.
const cache = join(root, 'node_modules', '.cache', 'tfjs-optim');
mkdirSync(cache, {recursive: true});
for (const bench of folders.split(',')) {
  const outfile = join(cache, `bench_${bench}.mjs`);
  await bundleProgram(join(root, 'bench', bench, 'run.ts'), outfile);
  const {status} = spawnSync(process.execPath, [...relaxedSimdFlags, outfile, ...rest], {cwd: root, stdio: 'inherit'});
  // A process that a signal ended has no status.
  process.exitCode = status ?? 1;
  if (process.exitCode !== 0) break;
}
