// Makes new projects and installs the packed package in them, as a user would.
import {execFile} from 'node:child_process';
import {cpSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
export const root = dirname(dirname(here));
const scratch = mkdtempSync(join(tmpdir(), 'tfjs-optim-package-'));
process.on('exit', () => {
  rmSync(scratch, {recursive: true, force: true});
});

/** Runs a command. @throws if the command fails, with its output. */
async function run(cwd, command, ...args) {
  try {
    const {stdout} = await promisify(execFile)(command, args, {cwd, maxBuffer: 64 * 2 ** 20});
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

async function consumer(name, ...peers) {
  const folder = join(scratch, name);
  cpSync(join(here, 'fixtures'), folder, {recursive: true});
  writeFileSync(join(folder, 'package.json'), JSON.stringify({name, private: true}));
  const install = (...packages) =>
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages);
  // tfjs comes first, as in a project that already has it. With both in one call, npm would choose the newest
  // tfjs-layers for the package, and then report a conflict with a backend of an older version.
  await install(...peers);
  await install(tarball);
  return {
    folder,
    run: (command, ...args) => run(folder, command, ...args),
    node: (...args) => run(folder, process.execPath, ...args),
  };
}

/** Versions of tfjs that the package works with. The first is the one that it is developed with. */
export const VERSIONS = ['4.22.0', '4.20.0', '4.17.0'];
export const tarball = await pack();
/** A project for each version. */
export const projects = await Promise.all(
  VERSIONS.map(version =>
    consumer(
      `tfjs-${version}`,
      ...['tfjs', 'tfjs-backend-wasm', 'tfjs-backend-webgpu'].map(name => `@tensorflow/${name}@${version}`),
    ),
  ),
);
export const [project] = projects;
/** A project without tfjs-layers. */
export const coreOnly = await consumer(
  'core-only',
  `@tensorflow/tfjs-core@${VERSIONS[0]}`,
  `@tensorflow/tfjs-backend-cpu@${VERSIONS[0]}`,
);
