// Makes new projects and installs the packed package in them, as a user would.
import {cpSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import {here, run, scratch, tarball} from './pack.mjs';

export {root, tarball} from './pack.mjs';

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
