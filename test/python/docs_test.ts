import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

import {adamW, oneCycle, type Optimizer} from '../../src';
import {fromTorch, toTorch} from '../../src/interchange';
import {describeBackends} from '../support/backends';
import {blocksOf} from '../support/doc_pages.mjs';
import {tf} from '../support/tfjs';
import {runPython} from './support/python';
import {torchrunIn} from './support/torchrun';

const pythonOf = (page: string): string[] =>
  blocksOf(readFileSync(page, 'utf8'), page)
    .filter(({language}) => language === 'python')
    .map(({code}) => code);

/** The model and the optimizer of a page. */
function compiled(units = 8, classes = 3): {model: tf.LayersModel; optimizer: Optimizer} {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({name: 'hidden', inputShape: [4], units, activation: 'relu'}),
      tf.layers.dense({name: 'head', units: classes, activation: 'softmax'}),
    ],
  });
  const optimizer = adamW(1e-3);
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  return {model, optimizer};
}

describeBackends(
  'the pages with code for Python',
  () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'tfjs-optim-'));
    });
    afterEach(() => {
      rmSync(folder, {recursive: true});
      tf.disposeVariables();
    });

    /** Makes one step here, runs a program on the file, and reads it back. */
    async function thereAndBack(
      {model, optimizer}: ReturnType<typeof compiled>,
      code: readonly string[],
      run: (program: string) => Promise<void>,
      steps = 10,
    ): Promise<void> {
      await model.trainOnBatch(tf.ones([2, 4]), tf.ones([2, Number(model.outputs[0]?.shape[1])]));
      const file = join(folder, 'model.safetensors');
      writeFileSync(file, await toTorch(model, {optimizer}));
      writeFileSync(join(folder, 'page.py'), code.join('\n'));
      await run('page.py');
      await fromTorch(readFileSync(file), model, {optimizer});
      // One step here, the others in the page.
      expect(optimizer.iterations).toBe(1 + steps);
    }

    it('run between the code for TensorFlow.js: docs/interchange.md', async () => {
      const code = pythonOf('docs/interchange.md');
      expect(code.length).toBeGreaterThan(1);
      await thereAndBack(compiled(), code, program => runPython(folder, program, resolve('python')));
    });

    it('run between the files for TensorFlow.js: docs/guide_pytorch.md', async () => {
      const code = pythonOf('docs/guide_pytorch.md');
      expect(code.length).toBe(1);
      await thereAndBack(compiled(16, 4), code, program => runPython(folder, program, resolve('python')), 200);
    });

    for (const how of ['ddp', 'fsdp'])
      it(`run under torchrun between the code for TensorFlow.js: docs/distributed.md, ${how}`, async () => {
        const code = pythonOf('docs/distributed.md');
        expect(code.length).toBe(1);
        const setup = compiled();
        setup.optimizer.setSchedule(oneCycle(), {steps: 100});
        await thereAndBack(setup, code, program => torchrunIn(folder, [program, how], resolve('python')));
        expect(setup.optimizer.schedule?.step).toBe(11);
      }, 240_000);
  },
  ['wasm'],
);
