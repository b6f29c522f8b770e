import {
  adam,
  callback,
  ema,
  loadOptimizer,
  type Optimizer,
  OptimWrapper,
  saveOptimizer,
  weightDecay,
  zeros,
} from '../src';
import {describeBackends} from './support/backends';
import {snapshot} from './support/bits';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {compiled, smallNet, train} from './support/small_net';
import {tf} from './support/tfjs';

const variablesOf = (...shapes: readonly number[][]): tf.Variable[] =>
  tf.tidy(() => shapes.map((shape, i) => tf.variable(tf.fill(shape, i + 1))));

function step(optimizer: Optimizer, variables: readonly tf.Variable[]): void {
  optimizer.minimize(
    () => tf.tidy(() => tf.addN(variables.map(variable => variable.square().sum())).asScalar()),
    false,
    [...variables],
  );
}

const afterIt = callback('afterIt', {state: {seenAfter: zeros}, options: {level: 1}}, ({grad, seenAfter}) => ({
  seenAfter: seenAfter.add(grad),
}));

const MAKES: Readonly<Record<string, () => Optimizer>> = {
  adam: () => adam(0.1),
  'a wrapped adam': () => new OptimWrapper(tf.train.adam(0.1), {callbacks: [weightDecay], wd: 0.1}),
  'a wrapped momentum': () => new OptimWrapper(tf.train.momentum(0.1, 0.9)),
  'ema over a wrapped adamax': () => ema(new OptimWrapper(tf.train.adamax(0.1), {hpMap: {decay: 'lrDecay'}})),
};

type Artifacts = ReturnType<ReturnType<typeof memoryHandler>['artifacts']>;

/** Ways to damage a saved model. The configuration is edited as JSON. */
const DAMAGE: Readonly<Record<string, (artifacts: Artifacts) => Artifacts>> = {
  'half of the bytes': artifacts => ({
    ...artifacts,
    weightData: bytesOf(artifacts).slice(0, bytesOf(artifacts).byteLength / 2),
  }),
  'no bytes': artifacts => ({...artifacts, weightData: new ArrayBuffer(0)}),
  'no weights': artifacts => ({...artifacts, weightData: undefined}),
  'one weight too few': artifacts => ({...artifacts, weightSpecs: present(artifacts.weightSpecs).slice(0, -1)}),
  'weights in another order': artifacts => ({
    ...artifacts,
    weightSpecs: [...present(artifacts.weightSpecs)].reverse(),
  }),
  'a weight of another shape': artifacts => ({
    ...artifacts,
    weightSpecs: present(artifacts.weightSpecs).map((spec, i) =>
      i === 1 ? {...spec, shape: [1, ...spec.shape]} : spec,
    ),
  }),
  'another class': edited('"className":"TfjsOptim', '"className":"Nobodys'),
  'a callback that is not registered': edited('"callbacks":[', '"callbacks":[{"name":"nobodys","options":{}},'),
  'a callback after the others that is not registered': edited(
    '],"groups"',
    ',{"name":"nobodys","options":{}}],"groups"',
  ),
  'an option that no callback has': edited('"options":{', '"options":{"nobodys":1'),
  'no groups': edited('"groups":[{', '"groups":[],"others":[{'),
  'a hyper that is not a number': edited(/("hypers":\{[^}]*"lr":)[^,}]+/, '$1"fast"'),
  'an index that is not a number': edited('"frozenIdx":0', '"frozenIdx":"none"'),
  'no manifest': edited('"params":', '"other":'),
};

function bytesOf({weightData}: Artifacts): ArrayBuffer {
  return tf.io.CompositeArrayBuffer.join(present(weightData));
}

/** Replaces a piece of the configuration. */
function edited(from: string | RegExp, to: string): (artifacts: Artifacts) => Artifacts {
  return artifacts => {
    const modelTopology: unknown = JSON.parse(JSON.stringify(artifacts.modelTopology).replace(from, to));
    if (typeof modelTopology !== 'object' || modelTopology === null) throw new Error('The topology is an object.');
    return {...artifacts, modelTopology};
  };
}

const loading = (artifacts: Artifacts): tf.io.IOHandler => ({load: () => Promise.resolve(artifacts)});

describeBackends(
  'loading that fails',
  () => {
    for (const [name, make] of Object.entries(MAKES)) {
      for (const [what, damage] of Object.entries(DAMAGE)) {
        it(`leaves nothing of ${name}, with ${what}`, () =>
          leakless(async () => {
            const variables = variablesOf([2], [2, 3]);
            const optimizer = make();
            step(optimizer, variables);
            const handler = memoryHandler();
            await saveOptimizer(optimizer, handler);
            const artifacts = handler.artifacts();
            const damaged = damage(artifacts);
            expect(damaged).not.toEqual(artifacts);
            await leakless(async () => {
              await expectAsync(loadOptimizer(loading(damaged), {params: variables})).toBeRejectedWithError();
            });
            await leakless(async () => {
              (await loadOptimizer(loading(artifacts), {params: variables})).dispose();
            });
            optimizer.dispose();
            tf.dispose(variables);
          }));
      }

      it(`leaves nothing of ${name} where it has other variables`, () =>
        leakless(async () => {
          const variables = variablesOf([2], [2, 3]);
          const others = variablesOf([4]);
          const optimizer = make();
          step(optimizer, variables);
          const handler = memoryHandler();
          await saveOptimizer(optimizer, handler);
          await leakless(async () => {
            await expectAsync(loadOptimizer(handler, {params: others})).toBeRejectedWithError(/\[4\]/);
          });
          const loaded = await loadOptimizer(handler);
          await leakless(() => {
            expect(() => {
              loaded.attach(others);
            }).toThrowError(/\[4\]/);
          });
          loaded.attach(variables);
          expect(await snapshot(loaded, variables)).toEqual(await snapshot(optimizer, variables));
          loaded.dispose();
          optimizer.dispose();
          tf.dispose([variables, others]);
        }));

      it(`of other weights leaves ${name} as it was`, () =>
        leakless(async () => {
          const variables = variablesOf([2], [2, 3]);
          const optimizer = make();
          step(optimizer, variables);
          const copies = (await optimizer.getWeights()).map(({name: weight, tensor}) => ({
            name: weight,
            tensor: tensor.clone(),
          }));
          const [iter, first, ...rest] = copies;
          const gone = tf.zeros([2]);
          gone.dispose();
          const large = tf.zeros([7]);
          await new Promise(resolve => {
            setTimeout(resolve);
          });
          const before = await snapshot(optimizer, variables);
          for (const wrong of [
            [],
            copies.slice(0, -1),
            copies.slice(1),
            [...copies, ...copies],
            [present(iter), {name: present(first).name, tensor: gone}, ...rest],
            [present(iter), {name: present(first).name, tensor: large}, ...rest],
            [{name: 'iter', tensor: large}, ...copies.slice(1)],
          ]) {
            await leakless(async () => {
              await expectAsync(optimizer.setWeights(wrong))
                .withContext(wrong.map(({name: weight}) => weight).join())
                .toBeRejectedWithError();
            });
            expect(await snapshot(optimizer, variables)).toEqual(before);
          }
          optimizer.dispose();
          tf.dispose([variables, large, copies.map(({tensor}) => tensor)]);
        }));
    }

    it('of a model leaves only the tensors that tfjs leaves', async () => {
      const model = compiled(smallNet('net'), new OptimWrapper(tf.train.adam(0.01), {callbacks: [afterIt]}));
      await train(model, 1);
      const handler = memoryHandler();
      await model.save(handler, {includeOptimizer: true});
      const left = async (edit: (config: string) => string): Promise<number> => {
        const artifacts = handler.artifacts();
        const trainingConfig: unknown = JSON.parse(edit(JSON.stringify(artifacts.trainingConfig)));
        const before = tf.memory().numTensors;
        await expectAsync(tf.loadLayersModel(loading(Object.assign(artifacts, {trainingConfig})))).toBeRejected();
        return tf.memory().numTensors - before;
      };
      // A class that is not registered: no code of this package runs.
      const byTfjs = await left(config => config.replace('TfjsOptimOptimWrapper', 'Nobodys'));
      expect(await left(config => config.replace('"name":"afterIt"', '"name":"nobodys"'))).toBe(byTfjs);
      expect(await left(config => config.replace('"level":1', '"nobodys":1'))).toBe(byTfjs);
      expect(await left(config => config.replace('"groups":[', '"groups":[],"others":['))).toBe(byTfjs);
      model.dispose();
    });
  },
  ['cpu', 'wasm'],
);
