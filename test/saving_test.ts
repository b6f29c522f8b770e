import {adam, lamb, loadOptimizer, type Optimizer, optimizerOf, ranger, saveOptimizer, sgd, slice} from '../src';
import {describeBackends} from './support/backends';
import {bitsOf, snapshot} from './support/bits';
import {everyOptimizer} from './support/every_optimizer';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {disposeModels, expectSame, expectToGoOn, reloaded} from './support/resuming';
import {compiled, smallNet, train} from './support/small_net';
import {tf} from './support/tfjs';

const A = 4;
const B = 4;
/** Without WebGPU, which is too slow in software to train a net many times. */
const TRAINABLE_QUICKLY = ['cpu', 'wasm', 'webgl'] as const;

/** `fromMemory` is tfjs's own way to load what `withSaveHandler` was given. */
async function throughMemory(model: tf.LayersModel): Promise<tf.LayersModel> {
  const saved: tf.io.ModelArtifacts[] = [];
  await model.save(
    tf.io.withSaveHandler(artifacts => {
      saved.push(artifacts);
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}});
    }),
    {includeOptimizer: true},
  );
  return tf.loadLayersModel(tf.io.fromMemory(present(saved[0])));
}

/** Trains the layer with this index no more; as tfjs has it, that takes compiling again. */
function setTrainable(model: tf.LayersModel, layer: number, trainable: boolean): void {
  present(model.layers[layer]).trainable = trainable;
  compiled(model, optimizerOf(model));
}

/**
 * WebGL compiles its programs again for each spec's shapes. Where the backend makes no difference, these stand for
 * all.
 */
const FEW = ['adam', 'ranger', "lookahead over a user's composition"];

describeBackends(
  'a model saved with its optimizer',
  backend => {
    it('is saved again where state of an earlier group waits', () =>
      leakless(async () => {
        const model = smallNet('net');
        const opt = adam(0.01, {params: [model.layers.slice(0, 1), model.layers.slice(1)]});
        await train(compiled(model, opt), A);
        const handler = memoryHandler();
        await saveOptimizer(opt, handler);
        const loaded = await loadOptimizer(handler, {params: model.layers.slice(1)});
        await saveOptimizer(loaded, handler);
        const again = await loadOptimizer(handler, {params: model});
        expect(await snapshot(again, [])).toEqual({...(await snapshot(opt, [])), iterations: A});
        for (const optimizer of [loaded, again]) optimizer.dispose();
        disposeModels(model);
      }));

    for (const {name, make} of everyOptimizer) {
      it(`goes on bit for bit with ${name}`, () =>
        leakless(async () => {
          const model = compiled(smallNet('net'), make(0.01));
          await train(model, A);
          const copy = await reloaded(model);
          await train(model, B);
          await train(copy, B);
          await expectSame(copy, model);
          disposeModels(model, copy);
        }));

      if (backend === 'webgl' && !FEW.includes(name)) continue;
      it(`goes on where another block was frozen after loading, with ${name}`, () =>
        leakless(async () => {
          const model = compiled(smallNet('net'), make(0.01));
          await train(model, A);
          const first = await reloaded(model);
          setTrainable(first, 0, false);
          await train(first, 1);
          const second = await reloaded(first);
          setTrainable(model, 0, false);
          await train(model, 1 + B);
          await train(second, B);
          setTrainable(model, 0, true);
          setTrainable(second, 0, true);
          await train(model, B);
          await train(second, B);
          // State belongs to a variable here: the copy met the frozen block last.
          expect(await bitsOf(second.getWeights())).toEqual(await bitsOf(model.getWeights()));
          disposeModels(model, first, second);
        }));
    }

    it('goes on through memory, with groups, hypers, flags and freezing', () =>
      leakless(() => expectToGoOn(throughMemory)));

    it('can be saved and loaded twice, before any step too', () =>
      leakless(async () => {
        const model = compiled(smallNet('net'), ranger(0.01));
        await train(model, A);
        const first = await reloaded(model);
        const second = await reloaded(first);
        await train(second, 1);
        const third = await reloaded(second);
        const fourth = await reloaded(third);
        await train(model, 1 + B);
        await train(fourth, B);
        await expectSame(fourth, model);
        disposeModels(model, first, second, third, fourth);
      }));

    it('can be saved before it has trained', () =>
      leakless(async () => {
        const model = compiled(smallNet('net'), lamb(0.01, {wd: 0.1}));
        const copy = await reloaded(model);
        await train(model, A);
        await train(copy, A);
        await expectSame(copy, model);
        disposeModels(model, copy);
      }));

    it('can share its optimizer with another model', () =>
      leakless(async () => {
        const optimizer = ranger(0.01);
        const models = ['generator', 'discriminator'].map(name => compiled(smallNet(name), optimizer));
        const alternate = async (list: readonly tf.LayersModel[]) => {
          for (const model of [...list, ...list]) await train(model, 2);
        };
        await alternate(models);
        const copies = await Promise.all(models.map(model => reloaded(model)));
        const loaded = optimizerOf(present(copies[0]));
        optimizerOf(present(copies[1])).dispose();
        for (const copy of copies) compiled(copy, loaded);
        await alternate(models);
        await alternate(copies);
        for (const [i, copy] of copies.entries()) await expectSame(copy, present(models[i]));
        optimizer.dispose();
        loaded.dispose();
        for (const model of [...models, ...copies]) model.dispose();
      }));

    it('gives weights that belong to the optimizer', () =>
      leakless(async () => {
        const model = compiled(smallNet('net'), adam(0.01));
        await train(model, A);
        await optimizerOf(model).getWeights();
        await leakless(async () => {
          for (let i = 0; i < 3; i++) {
            await model.save(memoryHandler(), {includeOptimizer: true});
            await train(model, 1);
          }
        });
        disposeModels(model);
      }));
  },
  TRAINABLE_QUICKLY,
);

describeBackends(
  'saveOptimizer and loadOptimizer',
  backend => {
    type Make = (values: readonly tf.Tensor[]) => tf.Variable[];
    const shapes = [[2, 3], [3], [2, 3], []] as const;
    const unnamed: Make = values => values.map(value => tf.variable(value));
    let copies = 0;
    // What a page that runs again calls the same; here the first ones still live, and names are unique.
    const named: Make = values => {
      copies++;
      return values.map((value, i) => tf.variable(value, true, `${['w', 'b', 'v', 'scale'][i]}_${copies}`));
    };

    function steps(optimizer: Optimizer, variables: readonly tf.Variable[], n: number): void {
      for (let i = 0; i < n; i++) {
        optimizer.minimize(
          () =>
            tf.tidy(() =>
              tf
                .addN(
                  variables.map((variable, j) =>
                    variable
                      .sub(j + 1)
                      .square()
                      .mul(j + 1)
                      .sum(),
                  ),
                )
                .asScalar(),
            ),
          false,
          [...variables],
        );
      }
    }

    for (const [kind, make] of [
      ['unnamed', unnamed],
      ['named', named],
    ] as const) {
      for (const {name, make: optimizerOver} of everyOptimizer) {
        if (backend === 'webgl' && !FEW.includes(name)) continue;
        it(`go on bit for bit with ${name} over ${kind} variables`, () =>
          leakless(async () => {
            const starts = shapes.map((shape, i) => tf.randomNormal([...shape], 0, 1, 'float32', i + 1));
            const variables = make(starts);
            const optimizer = optimizerOver(0.01);
            steps(optimizer, variables, A);
            const handler = memoryHandler();
            await saveOptimizer(optimizer, handler);
            const again = make(variables);
            const loaded = await loadOptimizer(handler, {params: again});
            steps(optimizer, variables, B);
            steps(loaded, again, B);
            expect(await snapshot(loaded)).toEqual(await snapshot(optimizer));
            optimizer.dispose();
            loaded.dispose();
            tf.dispose([starts, variables, again]);
          }));
      }
    }

    it('put variables into the groups that they were saved in', () =>
      leakless(async () => {
        const variables = tf.tidy(() => unnamed(shapes.map(shape => tf.ones([...shape]))));
        const [first, second, third, fourth] = variables.map(present);
        const optimizer = adam(slice(1e-3, 1e-2), {
          params: [
            [present(first), present(second)],
            [present(third), present(fourth)],
          ],
        });
        optimizer.freeze();
        steps(optimizer, variables, A);
        const handler = memoryHandler();
        await saveOptimizer(optimizer, handler);
        const again = unnamed(variables);
        const loaded = await loadOptimizer(handler, {params: again});
        expect(loaded.paramLists).toEqual([again.slice(0, 2), again.slice(2)]);
        expect(loaded.frozenIdx).toBe(1);
        for (const one of [optimizer, loaded]) one.unfreeze();
        steps(optimizer, variables, B);
        loaded.minimize(() => tf.tidy(() => tf.addN(again.map(variable => variable.sum())).asScalar()));
        expect(loaded.iterations).toBe(A + 1);
        optimizer.dispose();
        loaded.dispose();
        tf.dispose([variables, again]);
      }));

    it('find variables by their names, in any order', () =>
      leakless(async () => {
        const slots = (...names: string[]) => tf.tidy(() => names.map(name => tf.variable(tf.zeros([2]), true, name)));
        const variables = slots('slot_1', 'slot_2');
        const optimizer = sgd(0.1, {mom: 0.5, params: variables});
        tf.tidy(() => {
          variables.forEach((variable, i) => {
            optimizer.state.set(variable, {gradAvg: tf.fill([2], i + 1)});
          });
        });
        const handler = memoryHandler();
        await saveOptimizer(optimizer, handler);
        optimizer.dispose();
        tf.dispose(variables);
        const again = slots('slot_2', 'slot_1');
        const loaded = await loadOptimizer(handler, {params: again});
        const averages = await Promise.all(
          loaded
            .allParams()
            .map(async ({variable: {name}, state: {gradAvg}}) => [
              name,
              gradAvg instanceof tf.Tensor ? [...(await gradAvg.data())] : gradAvg,
            ]),
        );
        expect(averages).toEqual([
          ['slot_2', [2, 2]],
          ['slot_1', [1, 1]],
        ]);
        loaded.dispose();
        tf.dispose(again);
      }));
  },
  TRAINABLE_QUICKLY,
);
