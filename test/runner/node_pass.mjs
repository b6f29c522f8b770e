// Runs a pass of specs in a new Node process.
import {fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';

import {swiftShaderEnvironment} from '../support/find_chrome.mjs';
import {relaxedSimdFlags} from '../support/relaxed_simd_flags.mjs';
import {bundleFor, isOnGpu, wasmFolder} from './bundle.mjs';
import {cpuSeconds} from './cpu_time.mjs';
import {isPart} from './settings.mjs';

const PROCESS = fileURLToPath(new URL('node_process.mjs', import.meta.url));

/** The processes of all passes in Node. What else this process started is Chrome, and esbuild. */
export const nodeProcesses = new Set();

/** Runs the pass and reports each spec to `progress`. @returns the coverage, if it is measured. */
export async function runInNode(pass, settings, progress) {
  const bundle = await bundleFor(pass, settings);
  if (bundle === undefined) return undefined;
  progress.say(pass, 'starts');
  const driver = isOnGpu(pass) ? swiftShaderEnvironment() : undefined;
  const {skip} = settings;
  // Specs that name no backend run in another pass.
  const grep = isOnGpu(pass) ? `^(?=.*\\[webgpu\\]).*?(?:${settings.grep})` : settings.grep;
  const child = fork(
    PROCESS,
    [
      JSON.stringify({
        bundle,
        wasmFolder: `${wasmFolder()}/`,
        grep,
        isPart: isPart(settings),
        skip,
        mayLackGpu: driver === undefined,
      }),
    ],
    {
      env: {...process.env, ...driver},
      execArgv: [...process.execArgv, ...relaxedSimdFlags],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  nodeProcesses.add(child.pid);
  pass.cpuSeconds = () => cpuSeconds(pid => pid === child.pid);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', text => {
      if (settings.verbose) process.stdout.write(text);
      else printed += text;
    });
  }
  let coverage;
  let ended = false;
  child.on('message', ({type, path, messages, ...more}) => {
    if (type === 'started') progress.specStarted(pass, path);
    if (type === 'skipped') progress.specSkipped(pass, path, more.reason);
    if (type === 'lacking') progress.say(pass, `SKIPPED, all specs on ${pass.backends.join(', ')}: ${more.reason}`);
    if (type === 'ended') progress.specEnded(pass, path, messages, more.ms);
    if (type === 'done') {
      ended = true;
      progress.suiteEnded(pass);
      coverage = more.coverage;
      if (more.broken !== undefined) progress.broken(pass, more.broken);
    }
  });
  const code = await new Promise(resolve => {
    child.on('exit', resolve);
  });
  progress.suiteEnded(pass);
  if (!ended)
    progress.broken(pass, `the process ended with code ${code} before all specs had run. It printed:\n${printed}`);
  return coverage;
}
