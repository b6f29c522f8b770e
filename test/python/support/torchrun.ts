import {spawn} from 'node:child_process';
import {createServer} from 'node:net';
import {join} from 'node:path';

import {isDict} from '../../../src/util/config_reader';
import {PROGRAMS, pythonPath, pythonVariables} from './python';

/**
 * Runs a program of `PROGRAMS` by `torchrun --nproc_per_node=2`.
 * @param options what the program gets as its argument, as JSON.
 * @throws (rejects) with what it printed where it fails.
 */
export function torchrun(program: string, options: object): Promise<void> {
  return start([join(PROGRAMS, program), JSON.stringify(options)], {env: pythonVariables()});
}

/**
 * Runs a program in a folder by `torchrun --nproc_per_node=2`.
 * @param modules the folder of the modules that it imports.
 * @throws (rejects) with what it printed where it fails.
 */
export function torchrunIn(folder: string, args: readonly string[], modules: string): Promise<void> {
  return start(args, {cwd: folder, env: {...pythonVariables(), PYTHONPATH: modules}});
}

async function start(
  args: readonly string[],
  where: {readonly cwd?: string; readonly env: NodeJS.ProcessEnv},
): Promise<void> {
  const port = await freePort();
  const child = spawn(
    pythonPath(),
    [
      ...['-m', 'torch.distributed.run', '--nproc_per_node=2', '--master_addr=127.0.0.1', `--master_port=${port}`],
      ...args,
    ],
    {...where, stdio: ['ignore', 'pipe', 'pipe']},
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      printed += text;
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => {
      if (code === 0) resolve();
      else reject(new Error(`torchrun ended with ${String(code)}:\n${printed.slice(-6000)}`));
    });
  });
}

/** A port that no program uses now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address: unknown = server.address();
  await new Promise(resolve => server.close(resolve));
  if (!isDict(address) || typeof address['port'] !== 'number') throw new Error('There is no free port.');
  return address['port'];
}
