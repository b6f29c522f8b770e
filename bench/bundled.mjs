// `node bench/bundled.mjs FOLDER [arguments]`: bundles bench/FOLDER/run.ts as applications are bundled and runs it in Node.
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [bench, ...rest] = process.argv.slice(2);
// Inside node_modules, so that what the bundle leaves external is found from there.
const folder = join(root, 'node_modules', '.cache', 'tfjs-optim');
mkdirSync(folder, {recursive: true});
const outfile = join(folder, `bench_${bench}.mjs`);
await build({
  entryPoints: [join(root, 'bench', bench, 'run.ts')],
  outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', packages: 'external', logLevel: 'warning',
});
process.exitCode = spawnSync(process.execPath, [outfile, ...rest], {cwd: root, stdio: 'inherit'}).status ?? 1;
