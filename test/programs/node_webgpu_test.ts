import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {startWebGPU} from '../../src/node_webgpu';
import {swiftShaderEnvironment} from '../support/find_chrome.mjs';
import {present} from '../support/present';
import {runCommandIn} from '../support/run_command';
import {tf} from '../support/tfjs';

const driver = swiftShaderEnvironment();
/** Milliseconds. These programs take seconds of the processor, which a busy machine gives late. */
const SLOW = 600_000;

function skipped(why: string): never {
  pending(why);
  throw new Error(why);
}

/** Runs a command on the driver in software. Without one, the spec is skipped. */
async function onDriver(command: string, ...args: readonly string[]) {
  const environment = driver ?? skipped('Chrome brings no Vulkan driver in software here.');
  return runCommandIn(environment, command, ...args);
}

/** What test/support/on_graphics_card.ts prints. */
async function printed(...args: readonly string[]): Promise<Record<string, unknown>> {
  const {code, stdout, stderr} = await onDriver('npx', 'tsx', 'test/support/on_graphics_card.ts', ...args);
  expect(code).withContext(stderr).toBe(0);
  const found: unknown = JSON.parse(stdout);
  if (typeof found !== 'object' || found === null) throw new Error(`The program must print an object; got ${stdout}`);
  return {...found};
}

describe('startWebGPU', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(folder, {recursive: true}));

  it(
    'trains, fused; a saved model goes on as if never interrupted; the process ends by itself',
    async () => {
      const {card, again, backend, losses, resumed, fusedOn, iterations, ...more} = await printed('trains', folder);
      expect(card).toEqual({
        vendor: 'google',
        architecture: 'swiftshader',
        device: jasmine.any(String),
        description: jasmine.stringContaining('SwiftShader'),
        software: true,
      });
      expect(again).withContext('the card, asked again').toEqual(card);
      expect([backend, fusedOn, iterations]).toEqual(['webgpu', 'webgpu', 16]);
      if (!Array.isArray(losses)) throw new Error('The losses must be a list.');
      expect(present(losses.at(-1))).toBeLessThan(present(losses[0]) / 2);
      expect(resumed).toEqual(losses);
      expect(more['wrongFlags']).toMatch(
        /^startWebGPU found no graphics card for the flags \['adapter=no such card'\]\. Dawn says:\n[^]*SwiftShader/,
      );
      expect(more['untouched']).withContext('the process after an error').toBeTrue();
      expect(more['sync']).toBe(
        'dataSync(), arraySync() and print() cannot read from the graphics card in Node. ' +
          'Use `await tensor.data()` or `await tensor.array()`.',
      );
      expect(more['late']).toBe(
        "startWebGPU got the flags ['backend=vulkan'], but navigator.gpu exists already. " +
          'Pass the flags in the first call of the process.',
      );
    },
    SLOW,
  );

  it(
    "says that tfjs's backend was imported too early",
    async () => {
      expect((await printed('early'))['error']).toBe(
        '@tensorflow/tfjs-backend-webgpu was imported before startWebGPU(), and it registers its backend only where ' +
          'navigator.gpu exists. Remove your import of it: startWebGPU() imports it.',
      );
    },
    SLOW,
  );

  it('says what to install where there is no driver, in npm start too', async () => {
    if (process.platform !== 'linux') skipped('Only Linux can hide its drivers from a process.');
    const hidden = {VK_DRIVER_FILES: join(folder, 'none.json'), VK_ICD_FILENAMES: join(folder, 'none.json')};
    const command = ['npm', 'start', '--silent', '--', '--backend', 'webgpu', '--out', folder] as const;
    const {code, stderr} = await runCommandIn(hidden, ...command);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^startWebGPU found no graphics card with a driver\. On Linux, install the Vulkan loader \([^]*VK_DRIVER_FILES/m,
    );
  });

  const mistakes: ReadonlyArray<[call: () => Promise<unknown>, message: RegExp]> = [
    // @ts-expect-error the option is `flags`
    [() => startWebGPU({flag: ['backend=vulkan']}), /^startWebGPU has no option 'flag'\. Its option is 'flags'\.$/],
    // @ts-expect-error flags are a list of texts
    [() => startWebGPU({flags: 'backend=vulkan'}), /^'flags' must be a list of texts, .*; got 'backend=vulkan'/],
    // @ts-expect-error the settings are one object
    [() => startWebGPU(['backend=vulkan']), /^startWebGPU takes its settings in an object; got /],
  ];
  for (const [call, message] of mistakes) {
    it(`refuses: ${message.source}`, async () => {
      const before = tf.getBackend();
      await expectAsync(call()).toBeRejectedWithError(message);
      expect(tf.getBackend()).toBe(before);
    });
  }
});
