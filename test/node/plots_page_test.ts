import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {join} from 'node:path';

import {blocks} from 'docs:blocks';
import {build} from 'esbuild';

import {present} from '../support/present';
import {runCommand} from '../support/run_command';

const CACHE = 'node_modules/.cache/tfjs-optim';

describe('The page about plots', () => {
  let folder: string;
  beforeAll(async () => {
    await mkdir(CACHE, {recursive: true});
    // Inside node_modules, so that Node finds the packages that the block imports.
    folder = await mkdtemp(join(CACHE, 'plots-'));
  });
  afterAll(() => rm(folder, {recursive: true}));

  // A reader has neither TypeScript nor the model of the tests.
  it('draws schedules by a block that is a program of its own, in JavaScript', async () => {
    const {code} = present(blocks.find(({name}) => /^docs\/plots\.md \d+, Schedules$/.test(name)));
    const shown = code.replaceAll(/^(Object\..*); \/\/ → .*$/gm, 'console.log(JSON.stringify($1));');
    const file = join(folder, 'schedules.mjs');
    await build({
      stdin: {contents: shown, resolveDir: '.', loader: 'js'},
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      alias: {'tfjs-optim/plot': './src/plot/index.ts', 'tfjs-optim': './src/index.ts'},
      external: ['@tensorflow/*', '@observablehq/plot', 'linkedom'],
      logLevel: 'warning',
    });
    const {code: exit, stdout, stderr} = await runCommand(process.execPath, file);
    expect(exit).withContext(stderr).toBe(0);
    const printed = stdout.split('\n').filter(line => line.startsWith('['));
    expect(printed.map((line): unknown => JSON.parse(line))).toEqual([
      ['lr', 'mom'],
      [['group 0', 'group 1', 'group 2'], null],
    ]);
  });
});
