import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

import * as ours from '../../src';
import {bundleProgram} from '../../tools/bundle_program.mjs';
import {describeBackends} from '../support/backends';
import {memoryHandler} from '../support/memory_handler';
import {tf} from '../support/tfjs';

const CACHE = 'node_modules/.cache/tfjs-optim';

type Package = typeof ours;

function isPackage(x: object): x is Package {
  return Object.keys(ours).every(name => name in x);
}

// As where a project loads the package by import and by require(), or two versions of it.
describeBackends(
  'two copies of the package that share TensorFlow.js',
  () => {
    let folder: string;
    let theirs: Package;

    beforeAll(async () => {
      await mkdir(CACHE, {recursive: true});
      folder = await mkdtemp(join(CACHE, 'copy-'));
      const file = join(folder, 'copy.mjs');
      await bundleProgram('src/index.ts', file);
      const loaded: unknown = await import(pathToFileURL(resolve(file)).href);
      if (typeof loaded !== 'object' || loaded === null || !isPackage(loaded))
        throw new Error('The copy must have the exports of the package.');
      theirs = loaded;
    });
    afterAll(() => rm(folder, {recursive: true}));

    const RULES: Readonly<Record<string, (from: Package) => ours.Optimizer>> = {
      sgd: ({sgd}) => sgd(0.1, {mom: 0.9}),
      adam: ({adam}) => adam(0.1),
      muon: ({muon}) => muon(0.1),
      lookahead: ({lookahead, rAdam}) => lookahead(rAdam(0.1), {k: 2}),
    };

    /** The values of a variable that two optimizers train in turns. */
    function inTurns(optimizers: readonly ours.Optimizer[]): number[] {
      const variable = tf.tidy(() => tf.variable(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])));
      const gradient = tf.tensor2d([1, -1, 0.5, 2, 3, 1], [2, 3]);
      for (let i = 0; i < 7; i++)
        for (const optimizer of optimizers) optimizer.applyGradients({[variable.name]: gradient});
      const values = Array.from(variable.dataSync());
      for (const optimizer of optimizers) optimizer.dispose();
      tf.dispose([variable, gradient]);
      return values;
    }

    for (const [name, make] of Object.entries(RULES)) {
      it(`train a variable in turns, by ${name}, as one copy does`, () => {
        const optimizers = [make(ours), make(theirs)];
        expect(inTurns(optimizers)).toEqual(inTurns([make(ours), make(ours)]));
        for (const {fusedOn} of optimizers) expect(fusedOn).toMatch(new RegExp(`^${tf.getBackend()}`));
      });
    }

    it('say so where one gets an optimizer of the other', async () => {
      const optimizer = theirs.adam(0.1);
      const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [2]})]});
      model.compile({optimizer, loss: 'meanSquaredError'});
      const message =
        /^The optimizer was made by another copy of tfjs-optim\. Use one copy: `npm ls tfjs-optim` shows/;
      expect(() => ours.optimizerOf(model)).toThrowError(message);
      expect(() => ours.lookahead(optimizer)).toThrowError(message);
      expect(() => ours.partition([{by: optimizer}])).toThrowError(message);
      expect(() => ours.withAverages(optimizer, () => 1)).toThrowError(message);
      expect(() => new ours.OptimWrapper(optimizer)).toThrowError(message);
      expect(() => {
        ours.applyConstraints(model);
      }).toThrowError(message);
      await expectAsync(ours.saveOptimizer(optimizer, 'indexeddb://adam')).toBeRejectedWithError(message);
      const handler = memoryHandler();
      const own = ours.partition([{by: ours.sgd(0.1)}]);
      await ours.saveOptimizer(own, handler);
      // TensorFlow.js makes optimizers of the class that was registered last.
      theirs.Partition.register();
      await expectAsync(ours.loadOptimizer(handler)).toBeRejectedWithError(message);
      ours.Partition.register();
      (await ours.loadOptimizer(handler)).dispose();
      own.dispose();
      // Without the optimizer, it would restore the weights alone.
      const callbacks = ours.restoreBestWeights({monitor: 'loss'});
      const [xs, ys] = [tf.ones([4, 2]), tf.ones([4, 1])];
      await expectAsync(model.fit(xs, ys, {callbacks})).toBeRejectedWithError(message);
      expect(optimizer.iterations).toBe(0);
      tf.dispose([xs, ys]);
      optimizer.dispose();
      model.dispose();
    });
  },
  ['cpu', 'wasm'],
);
