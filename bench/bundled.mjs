// `node bench/bundled.mjs FOLDER[,FOLDER] [arguments]`: bundles each bench/FOLDER/run.ts as applications are bundled
// and runs it in Node.
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folders = '', ...rest] = process.argv.slice(2);
// Inside node_modules, so that what the bundle leaves external is found from there.
const cache = join(root, 'node_modules', '.cache', 'tfjs-optim');
mkdirSync(cache, {recursive: true});
for (const bench of folders.split(',')) {
  const outfile = join(cache, `bench_${bench}.mjs`);
  await build({
    entryPoints: [join(root, 'bench', bench, 'run.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  process.exitCode = spawnSync(process.execPath, [outfile, ...rest], {cwd: root, stdio: 'inherit'}).status ?? 1;
  if (process.exitCode !== 0) break;
}
