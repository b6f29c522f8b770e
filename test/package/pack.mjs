// Packs the package once, for all specs.
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

export const here = dirname(fileURLToPath(import.meta.url));
export const root = dirname(dirname(here));
/** A folder for the projects of the specs. It is removed at the end. */
export const scratch = mkdtempSync(join(tmpdir(), 'tfjs-optim-package-'));
process.on('exit', () => {
  rmSync(scratch, {recursive: true, force: true});
});

/** The environment of commands: as it was at the start, because Vite's `build` sets `NODE_ENV` in this process. */
export const environment = {...process.env};

/** Runs a command. @throws if the command fails, with its output. */
export async function run(cwd, command, ...args) {
  try {
    const {stdout} = await promisify(execFile)(command, args, {cwd, env: environment, maxBuffer: 64 * 2 ** 20});
    return stdout;
  } catch (error) {
    throw new Error([error.message, error.stdout, error.stderr].join('\n'), {cause: error});
  }
}

async function pack() {
  const out = await run(root, 'npm', 'pack', '--json', '--pack-destination', scratch);
  const [{filename}] = JSON.parse(out.slice(out.indexOf('[\n')));
  return join(scratch, filename);
}

export const tarball = await pack();
