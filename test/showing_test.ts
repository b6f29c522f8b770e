import {adam, callback, copy, ema, Optimizer, optimizerOf, saveOptimizer, sgd, sgdStep, type StateDict} from '../src';
import {isTensor} from '../src/util/tensors';
import {describeBackends} from './support/backends';
import {bitsOf} from './support/bits';
import {joined} from './support/joined';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {replaceMethod} from './support/replace_method';
import {disposeModels} from './support/resuming';
import {tf} from './support/tfjs';
import {train, valuesOf, variablesOf} from './support/training';

const TO_SAVE =
  'Between eval() and train() the variables do not hold the trained weights, so they would be lost. ' +
  'Call train() before saving the optimizer. model.save(url) without the optimizer saves the shown weights.';

/** Mistakes of `evaluate` for the second parameter, and their errors. */
interface Fault {
  readonly title: string;
  readonly fault: (average: tf.Tensor) => unknown;
  readonly message: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    title: 'throws',
    fault: () => {
      throw new Error('out of luck');
    },
    message: /^out of luck$/,
  },
  {
    title: 'gives another shape',
    fault: average => ({p: average.sum()}),
    message: joined(
      /testEvaluates: evaluate must return p, a float32 tensor of the parameter's shape \[3\]; /,
      /for 'two\w*' it returned float32 of shape \[\]\./,
    ),
  },
  {title: 'gives another type', fault: average => ({p: average.toInt()}), message: /it returned int32 of shape \[3\]/},
  {
    title: 'gives a disposed tensor',
    fault: average => {
      const p = average.add(1);
      p.dispose();
      return {p};
    },
    message: /it returned a disposed tensor of shape \[3\]/,
  },
  {
    title: 'is asynchronous',
    fault: average => Promise.resolve({p: average}),
    message: /returned a Promise; .* can't be async/,
  },
];

describeBackends(
  'eval()',
  () => {
    for (const {title, fault, message} of FAULTS) {
      it(`shows nothing where an evaluate ${title}, and training goes on`, () =>
        leakless(async () => {
          const evaluates = callback(
            'testEvaluates',
            {state: {average: copy}, everyParameter: true, evaluate: ({average}) => ({p: average})},
            ({p, average}) => ({average: average.add(p).mul(0.5)}),
          );
          // The types would refuse most of these.
          const restore = replaceMethod(evaluates.declaration, 'evaluate', original => at => {
            const average: unknown = Reflect.get(Object(at), 'average');
            return isTensor(average) && average.size === 3 ? fault(average) : original(at);
          });
          const named = (name: string, i: number) => tf.tidy(() => tf.variable(tf.ones([2 + i]), true, name));
          const variables = ['one', 'two', 'three'].map(named);
          const optimizer = new Optimizer([sgdStep, evaluates], {lr: 0.1, params: variables});
          train(optimizer, variables, 0, 2);
          const before = await bitsOf(variables);
          expect(() => {
            optimizer.eval();
          }).toThrowError(message);
          expect(await bitsOf(variables)).toEqual(before);
          optimizer.train();
          expect(await bitsOf(variables)).toEqual(before);
          train(optimizer, variables, 2, 3);
          const trained = await bitsOf(variables);
          restore();
          optimizer.eval();
          (await bitsOf(variables)).forEach((bits, i) => {
            expect(bits).not.toEqual(present(trained[i]));
          });
          optimizer.train();
          expect(await bitsOf(variables)).toEqual(trained);
          optimizer.dispose();
          tf.dispose(variables);
        }));
    }

    it('is undone for the remaining variables where one was disposed in between', () =>
      leakless(async () => {
        const variables = variablesOf([[2], [3]]);
        const optimizer = ema(sgd(0.1, {params: variables}), {decay: 0.5});
        train(optimizer, variables, 0, 2);
        const [, trained] = await valuesOf(variables);
        optimizer.eval();
        variables[0]?.dispose();
        optimizer.train();
        expect(await valuesOf(variables.slice(1))).toEqual([present(trained)]);
        optimizer.dispose();
        tf.dispose(variables.slice(1));
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('between eval() and train()', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  function averaged(): {model: tf.Sequential; optimizer: Optimizer; variables: tf.Variable[]} {
    const model = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]});
    const optimizer = ema(adam(0.1, {params: [model]}), {decay: 0.5});
    model.compile({optimizer, loss: 'meanSquaredError'});
    const variables = optimizer.paramLists.flat();
    train(optimizer, variables, 0, 3);
    return {model, optimizer, variables};
  }

  const REFUSED: Readonly<Record<string, (model: tf.LayersModel, optimizer: Optimizer) => unknown>> = {
    'getConfig()': (_, optimizer) => optimizer.getConfig(),
    'getWeights()': (_, optimizer) => optimizer.getWeights(),
    'stateDict()': (_, optimizer) => optimizer.stateDict(),
    'saveOptimizer()': (_, optimizer) => saveOptimizer(optimizer, memoryHandler()),
    'model.save() with the optimizer': model => model.save(memoryHandler(), {includeOptimizer: true}),
  };
  for (const [what, save] of Object.entries(REFUSED)) {
    it(`${what} is refused, and nothing is lost`, () =>
      leakless(async () => {
        const {model, optimizer, variables} = averaged();
        const trained = await bitsOf(variables);
        optimizer.eval();
        const shown = await bitsOf(variables);
        await expectAsync(Promise.resolve().then(() => save(model, optimizer))).toBeRejectedWithError(TO_SAVE);
        expect(await bitsOf(variables)).toEqual(shown);
        optimizer.train();
        expect(await bitsOf(variables)).toEqual(trained);
        disposeModels(model);
      }));
  }

  const CHANGES: Readonly<Record<string, (optimizer: Optimizer, dict: StateDict) => unknown>> = {
    'loadStateDict()': (optimizer, dict) => {
      optimizer.loadStateDict(dict);
    },
    'rebase()': optimizer => {
      optimizer.rebase();
    },
  };
  for (const [what, change] of Object.entries(CHANGES)) {
    it(`${what} is refused`, () => {
      const {model, optimizer} = averaged();
      const dict = optimizer.stateDict();
      optimizer.eval();
      expect(() => change(optimizer, dict)).toThrowError(
        /The variables hold the weights shown by eval\(\); call train\(\)/,
      );
      tf.dispose(dict.state.map(state => ({...state})));
      disposeModels(model);
    });
  }

  it('a model is saved as it is shown, without its optimizer', () =>
    leakless(async () => {
      const {model, optimizer, variables} = averaged();
      const place = memoryHandler();
      optimizer.eval();
      const shown = await bitsOf(variables);
      await model.save(place);
      optimizer.train();
      expect(await bitsOf(variables)).not.toEqual(shown);
      const loaded = await tf.loadLayersModel(place);
      expect(await bitsOf(loaded.getWeights())).toEqual(shown);
      loaded.dispose();
      disposeModels(model);
    }));

  it('dispose() puts the trained weights back', () =>
    leakless(async () => {
      const {model, optimizer, variables} = averaged();
      const trained = await bitsOf(variables);
      optimizerOf(model).eval();
      optimizer.dispose();
      expect(await bitsOf(variables)).toEqual(trained);
      model.dispose();
    }));
});
