import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

import {bundledExample} from '../support/example';
import {present} from '../support/present';
import type {Ended} from '../support/run_command';

const FEW = ['--clients', '2', '--rounds', '3', '--digits', '600', '--lr', '0.003'];

interface Run extends Ended {
  /** The process ids of the clients. */
  readonly pids: readonly number[];
  /** The validation accuracies in percent: before training, and after each round. */
  readonly accuracies: readonly number[];
}

/**
 * Runs the example.
 * @param file the bundled example.
 * @param onClient is called when a client is connected.
 */
async function startFile(
  file: string,
  args: readonly string[],
  onClient: (client: number, pid: number) => void = () => undefined,
): Promise<Run> {
  const child = spawn(process.execPath, [file, ...args]);
  const ended = new Promise<number>(resolve => {
    child.on('close', code => {
      // A signal leaves no code.
      resolve(code ?? NaN);
    });
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const lines: string[] = [];
  const pids: number[] = [];
  for await (const line of createInterface({input: child.stdout})) {
    lines.push(line);
    const match = /^client (\d): process (\d+)$/.exec(line);
    if (match === null) continue;
    const [client, pid] = match.slice(1).map(Number);
    pids.push(present(pid));
    onClient(present(client), present(pid));
  }
  const stdout = lines.join('\n');
  const accuracies = [...stdout.matchAll(/validation accuracy ([\d.]+) %/g)].map(([, text]) => Number(text));
  return {code: await ended, stdout, stderr, pids, accuracies};
}

const kill = (pid: number) => process.kill(pid, 'SIGKILL');

function expectEnded(pids: readonly number[]): void {
  expect(pids.length).toBe(2);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrowError(/ESRCH/);
}

describe('examples/federated.ts', () => {
  let example: Awaited<ReturnType<typeof bundledExample>>;

  beforeAll(async () => {
    example = await bundledExample('federated', ['federated/client']);
  });

  afterAll(() => {
    example.remove();
  });

  const start = (args: readonly string[], onClient?: (client: number, pid: number) => void) =>
    startFile(example.file, args, onClient);

  for (const more of [[], ['--server-optimizer', 'fedadam']])
    it(`learns over sockets, and ends all its processes: ${more.join(' ') || 'fedavg'}`, async () => {
      const {code, stderr, stdout, pids, accuracies} = await start([...FEW, ...more]);
      expect(code).withContext(stderr).toBe(0);
      expect(accuracies.length).toBe(4);
      expect(accuracies[3])
        .withContext(stdout)
        .toBeGreaterThan(present(accuracies[0]) + 20);
      expect(stdout).toContain('round 3 of 3 (clients: 2)');
      expectEnded(pids);
    });

  it('goes on with the others if a client dies', async () => {
    const {code, stderr, stdout, pids, accuracies} = await start(FEW, (client, pid) => {
      if (client === 1) kill(pid);
    });
    expect(code).withContext(stderr).toBe(0);
    expect(stderr).toMatch(/^Client 1 is left out: .*\. The training goes on with the others\.$/m);
    expect(stdout).toContain('round 3 of 3 (clients: 1)');
    expect(accuracies[3]).toBeGreaterThan(present(accuracies[0]) + 20);
    expectEnded(pids);
  });

  it('ends with an error if no client is left', async () => {
    const {code, stderr, pids} = await start(FEW, (_, pid) => kill(pid));
    expect(code).toBe(1);
    expect(stderr).toMatch(/No client is left in round [12]\. Start the training again\./);
    expectEnded(pids);
  });

  it('leaves out clients that are silent for too long', async () => {
    const {code, stderr, pids} = await start([...FEW, '--patience', '1', '--epochs', '10000']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Client \d is left out: it was silent for too long\./);
    expectEnded(pids);
  });

  it('lists its options, and refuses others with exit code 2', async () => {
    const [help, wrong] = await Promise.all([example.run('--help'), example.run('--server-optimizer', 'fedsgd')]);
    expect(help.code).toBe(0);
    for (const option of ['rounds', 'clients', 'server-optimizer', 'server-lr', 'digits', 'epochs', 'lr', 'patience'])
      expect(help.stdout).toContain(`--${option} `);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^--server-optimizer must be one of fedavg, fedadam; got 'fedsgd'\./);
  });
});
