import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

import {adamW} from '../../src';
import {fromTorch, toTorch} from '../../src/interchange';
import {describeBackends} from '../support/backends';
import {blocksOf} from '../support/doc_pages.mjs';
import {tf} from '../support/tfjs';
import {runPython} from './support/python';

describeBackends(
  'docs/interchange.md',
  () => {
    it('has code for Python that runs between its code for TensorFlow.js', async () => {
      const page = 'docs/interchange.md';
      const code = blocksOf(readFileSync(page, 'utf8'), page)
        .filter(({language}) => language === 'python')
        .map(block => block.code);
      expect(code.length).toBeGreaterThan(1);
      const model = tf.sequential({
        layers: [
          tf.layers.dense({name: 'hidden', inputShape: [4], units: 8, activation: 'relu'}),
          tf.layers.dense({name: 'head', units: 3, activation: 'softmax'}),
        ],
      });
      const optimizer = adamW(1e-3);
      model.compile({optimizer, loss: 'categoricalCrossentropy'});
      await model.trainOnBatch(tf.ones([2, 4]), tf.ones([2, 3]));
      const folder = mkdtempSync(join(tmpdir(), 'tfjs-optim-'));
      try {
        const file = join(folder, 'model.safetensors');
        writeFileSync(file, await toTorch(model, {optimizer}));
        writeFileSync(join(folder, 'page.py'), code.join('\n'));
        await runPython(folder, 'page.py', resolve('python'));
        await fromTorch(readFileSync(file), model, {optimizer});
        // One step here, ten in the page.
        expect(optimizer.iterations).toBe(11);
      } finally {
        rmSync(folder, {recursive: true});
        tf.disposeVariables();
      }
    });
  },
  ['wasm'],
);
