import {
  accumulate,
  adamW,
  applyConstraints,
  applyOpenWindow,
  ema,
  isOptimizer,
  type Optimizer,
  optimizerOf,
  scheduleFree,
  swa,
  withAverages,
} from '../src';
import {tensorsIn} from '../src/state/state_dict';
import {isVariable} from '../src/util/tensors';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {compiled, smallNet, train} from './support/small_net';
import {tf} from './support/tfjs';

/** Trains a model, saves it with its optimizer, and loads both. Nothing has been trained since. */
async function trainedAndLoaded(make: (model: tf.Sequential) => Optimizer, freezeTo = 0) {
  const model = smallNet('loaded');
  const optimizer = make(model);
  optimizer.freezeTo(freezeTo);
  await train(compiled(model, optimizer), 5);
  const memory = memoryHandler();
  await model.save(memory, {includeOptimizer: true});
  const loaded = await tf.loadLayersModel(memory);
  const dispose = () => {
    optimizer.dispose();
    optimizerOf(loaded).dispose();
    model.dispose();
    loaded.dispose();
  };
  return {model, loaded, optimizer, dispose};
}

const weightsOf = (model: tf.LayersModel): number[] => model.getWeights().flatMap(weight => [...weight.dataSync()]);

/** A variable of the model. */
function variableOf({weights}: tf.LayersModel): tf.Variable {
  const value = present(weights[0]).read();
  if (!isVariable(value)) throw new Error('The weight must hold a variable.');
  return value;
}

const inGroups = ({layers}: tf.Sequential) => adamW(0.01, {params: layers.map(layer => [layer])});

const AVERAGED: Readonly<Record<string, () => Optimizer>> = {
  ema: () => ema(adamW(0.05), {decay: 0.9}),
  swa: () => swa(adamW(0.05), {start: 2, every: 2}),
  scheduleFree: () => scheduleFree('adamW', 0.05),
};

describeBackends(
  'an optimizer that was loaded with its model and has made no step',
  () => {
    beforeEach(() => {
      // These fits do not validate, so they need no `evaluateAverages()`.
      spyOn(console, 'warn');
    });

    for (const [name, make] of Object.entries(AVERAGED))
      it(`shows the averages that were saved: ${name}`, () =>
        leakless(async () => {
          const {model, loaded, optimizer, dispose} = await trainedAndLoaded(make);
          const trained = weightsOf(loaded);
          const averages = withAverages(optimizerOf(loaded), () => weightsOf(loaded));
          expect(averages).toEqual(withAverages(optimizer, () => weightsOf(model)));
          expect(averages).not.toEqual(trained);
          expect(weightsOf(loaded)).toEqual(trained);
          dispose();
        }));

    it('knows its parameters, and which are frozen', () =>
      leakless(async () => {
        const {loaded, optimizer, dispose} = await trainedAndLoaded(inGroups, 1);
        const rows = (of: Optimizer) => of.summary().map(({trainable, group}) => ({trainable, group}));
        expect(rows(optimizerOf(loaded))).toEqual(rows(optimizer));
        expect(rows(optimizer).map(({trainable}) => trainable)).toContain(false);
        dispose();
      }));

    it('keeps frozen weights from the constraints of their layers', () =>
      leakless(async () => {
        const {loaded, dispose} = await trainedAndLoaded(inGroups, 1);
        const firstOf = (layer: tf.layers.Layer | undefined) => [
          ...present(present(layer).getWeights()[0]).dataSync(),
        ];
        for (const {trainableWeights} of loaded.layers)
          for (const weight of trainableWeights) {
            Object.assign(weight, {constraint: tf.constraints.nonNeg()});
            const variable = weight.read();
            if (variable instanceof tf.Variable)
              tf.tidy(() => {
                variable.assign(tf.fill(variable.shape, -1));
              });
          }
        applyConstraints(loaded);
        expect(firstOf(loaded.layers[0])).toEqual(new Array(12).fill(-1));
        expect(firstOf(loaded.layers.at(-1))).toEqual([0, 0, 0]);
        dispose();
      }));

    it('has its state in stateDict, and goes on after that was loaded again', () =>
      leakless(async () => {
        const {model, loaded, optimizer, dispose} = await trainedAndLoaded(() => adamW(0.01));
        const [dict, wanted] = [optimizerOf(loaded).stateDict(), optimizer.stateDict()];
        const values = (of: typeof dict) => tensorsIn(of).map(tensor => [...tensor.dataSync()]);
        expect(values(dict)).toEqual(values(wanted));
        expect(values(dict).length).toBeGreaterThan(0);
        optimizerOf(loaded).loadStateDict(dict);
        await train(loaded, 2);
        await train(model, 2);
        expect(weightsOf(loaded)).toEqual(weightsOf(model));
        tf.dispose([...tensorsIn(dict), ...tensorsIn(wanted)]);
        dispose();
      }));

    it('applies an open window of accumulated gradients', () =>
      leakless(async () => {
        const {model, loaded, optimizer, dispose} = await trainedAndLoaded(() =>
          adamW(0.01, {callbacks: accumulate(3)}),
        );
        const before = weightsOf(model);
        expect(applyOpenWindow(optimizerOf(loaded))).toBeTrue();
        expect(applyOpenWindow(optimizer)).toBeTrue();
        expect(weightsOf(loaded)).toEqual(weightsOf(model));
        expect(weightsOf(model)).not.toEqual(before);
        dispose();
      }));

    it('refuses what it could only do wrong, where it is not taken by optimizerOf', () =>
      leakless(async () => {
        const {loaded, dispose} = await trainedAndLoaded(present(AVERAGED['ema']));
        const {optimizer} = loaded;
        const message =
          'The loaded optimizer has no variables yet. Get it by optimizerOf(model), or make a step first.';
        const variable = variableOf(loaded);
        for (const method of ['eval', 'stateDict', 'stepBy', 'isFrozen', 'summary', 'allParams']) {
          const f: unknown = Reflect.get(optimizer, method);
          if (typeof f !== 'function') throw new Error(`The optimizer has no ${method}.`);
          expect(() => {
            Reflect.apply(f, optimizer, method === 'isFrozen' ? [variable] : []);
          }).toThrowError(message);
        }
        if (!isOptimizer(optimizer)) throw new Error('It must be an optimizer of this package.');
        expect(() => optimizer.state.get(variable)).toThrowError(message);
        optimizerOf(loaded).eval();
        optimizerOf(loaded).train();
        dispose();
      }));

    it('keeps state that does not fit a model for later', () =>
      leakless(async () => {
        const {loaded, dispose} = await trainedAndLoaded(() => adamW(0.01));
        const other = tf.sequential({layers: [tf.layers.dense({units: 5, inputShape: [4], name: 'other'})]});
        other.compile({optimizer: loaded.optimizer, loss: 'meanSquaredError'});
        expect(() => optimizerOf(other).summary()).toThrowError(/^The loaded optimizer has no variables yet/);
        expect(optimizerOf(other).paramLists).toEqual([[]]);
        expect(optimizerOf(loaded).summary().length).toBe(6);
        other.dispose();
        dispose();
      }));
  },
  ['cpu', 'wasm'],
);
