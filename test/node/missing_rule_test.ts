import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

import {build} from 'esbuild';

import {lion, muon, type Optimizer, saveOptimizer} from '../../src';
import {present} from '../support/present';
import {runCommand} from '../support/run_command';
import {tf} from '../support/tfjs';

/**
 * What a page that imports `imports` says when it loads the optimizer. In a bundle, rules that it lacks are left out.
 */
async function loadedBy(imports: string, optimizer: Optimizer): Promise<string> {
  const folder = await mkdtemp(join('node_modules', '.cache', 'missing-rule-'));
  try {
    const saved: tf.io.ModelArtifacts[] = [];
    await saveOptimizer(
      optimizer,
      tf.io.withSaveHandler(artifacts => {
        saved.push(artifacts);
        return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
      }),
    );
    const {modelTopology, weightSpecs, weightData} = present(saved[0]);
    const bytes = [...new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))];
    const file = join(folder, 'page.mjs');
    await build({
      stdin: {
        contents: `
          import * as tf from '@tensorflow/tfjs-core';
          import '@tensorflow/tfjs-backend-cpu';
          ${imports}
          const artifacts = ${JSON.stringify({modelTopology, weightSpecs})};
          const weightData = Uint8Array.from(${JSON.stringify(bytes)}).buffer;
          const loaded = await loadOptimizer(tf.io.fromMemory({...artifacts, weightData})).catch(error => error);
          console.log(loaded instanceof Error ? loaded.message : 'loaded');
        `,
        resolveDir: process.cwd(),
      },
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      outfile: file,
      logLevel: 'error',
    });
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    return (await runCommand('node', file)).stdout.trim();
  } finally {
    await rm(folder, {recursive: true});
  }
}

describe('A page that loads an optimizer whose rule its bundle lacks', () => {
  beforeAll(() => tf.setBackend('cpu'));

  const from = "'./src/browser.ts'";

  it('is told what to import and to call', async () => {
    const optimizer = lion();
    const message = await loadedBy(`import {loadOptimizer} from ${from};`, optimizer);
    expect(message).toMatch(
      /made with lion, and its callback 'lionStep' is not registered\. Before loading, call lion\.register\(\), with/,
    );
    expect(message).toContain("`import {lion} from 'tfjs-optim'`, or import 'tfjs-optim/all'");
    expect(await loadedBy(`import {lion, loadOptimizer} from ${from}; lion.register();`, optimizer)).toBe('loaded');
    expect(await loadedBy(`import {loadOptimizer} from ${from}; import './src/all.ts';`, optimizer)).toBe('loaded');
    optimizer.dispose();
  });

  it('is told of a partition, too', async () => {
    const optimizer = muon();
    expect(await loadedBy(`import {loadOptimizer} from ${from};`, optimizer)).toMatch(
      /made with muon\. Before loading it, call Partition\.register\(\) and muon\.register\(\)/,
    );
    optimizer.dispose();
  });
});
