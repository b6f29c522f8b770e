// `npm run bench:wasm-training [-- SECTION]`: bundles run.ts and runs it in Node. Sections: mlp, backward, mnist, matMul.
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// Inside node_modules, so that what the bundle leaves external is found from there.
const folder = join(root, 'node_modules', '.cache', 'tfjs-optim');
mkdirSync(folder, {recursive: true});
const outfile = join(folder, 'bench_wasm_training.mjs');
await build({
  entryPoints: [join(root, 'bench/wasm_training/run.ts')],
  outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', packages: 'external', logLevel: 'warning',
});
process.exitCode = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], {cwd: root, stdio: 'inherit'}).status ?? 1;
