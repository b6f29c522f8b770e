// A fresh project that has installed the packed package, as a user's would.
import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const root = dirname(dirname(here));

function run(command, args, cwd) {
  return execFileSync(command, args, {cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
}

/** Packs the package into `folder` and says the file. */
export function pack(folder) {
  const out = run('npm', ['pack', '--json', '--pack-destination', folder], root);
  const [{filename}] = JSON.parse(out.slice(out.indexOf('[\n')));
  return join(folder, filename);
}

/** A project with the packed package and one version of tfjs. */
export function consumer(tarball, tfjs) {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-optim-consumer-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({name: 'consumer', private: true}));
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, `@tensorflow/tfjs@${tfjs}`], folder);
  for (const file of readdirSync(join(here, 'fixtures'))) copyFileSync(join(here, 'fixtures', file), join(folder, file));
  return {
    folder,
    run: (command, ...args) => run(command, args, folder),
    remove: () => { rmSync(folder, {recursive: true, force: true}); },
  };
}
