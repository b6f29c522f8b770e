// A pass of specs in a Node process of its own.
import {fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';

import {bundleFor, wasmFolder} from './bundle.mjs';

const PROCESS = fileURLToPath(new URL('node_process.mjs', import.meta.url));

/**
 * Runs the pass. @param progress is told of each spec. @returns the coverage that the process measured, where it did.
 */
export async function runInNode(pass, settings, progress) {
  const bundle = await bundleFor(pass, settings);
  if (bundle === undefined) return undefined;
  progress.say(pass, 'starts');
  const child = fork(PROCESS, [JSON.stringify({bundle, wasmFolder: `${wasmFolder()}/`, grep: settings.grep})], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
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
    if (type === 'ended') progress.specEnded(pass, path, messages);
    if (type === 'done') {
      ended = true;
      coverage = more.coverage;
      if (more.broken !== undefined) progress.broken(pass, more.broken);
    }
  });
  const code = await new Promise(resolve => {
    child.on('exit', resolve);
  });
  progress.suiteEnded(pass);
  if (!ended) progress.broken(pass, `the process ended with ${code} before its specs did. It printed:\n${printed}`);
  return coverage;
}
