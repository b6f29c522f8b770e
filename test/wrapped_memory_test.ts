import {averageWeights, callback, ema, OptimWrapper, zeros} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {trainTable} from './support/wrapped_table';

const stuck = callback('stuckState', {state: {stuck: zeros}, hypers: {fine: 1}}, ({stuck: at}) => ({stuck: at}));

/** Wrappers that are impossible. */
const WRONG: Readonly<Record<string, (optimizer: tf.Optimizer) => unknown>> = {
  'an unknown hyper': optimizer => {
    const made: unknown = Reflect.construct(OptimWrapper, [optimizer, {nobodys: 1}]);
    return made;
  },
  'a hyper out of range': optimizer => new OptimWrapper(optimizer, {callbacks: [stuck], fine: NaN}),
  'too many values': optimizer => new OptimWrapper(optimizer, {callbacks: [stuck], fine: [1, 2]}),
  "a hyper with the name of another's": optimizer =>
    new OptimWrapper(optimizer, {hpMap: {learningRate: 'fine'}, callbacks: [stuck], fine: NaN}),
  'one optimizer for two groups': optimizer => new OptimWrapper(optimizer, {params: [[], []]}),
  'the same optimizer twice': optimizer => new OptimWrapper([optimizer, optimizer], {params: [[], []]}),
};

describeBackends(
  'OptimWrapper and memory',
  () => {
    for (const {name, make} of trainTable) {
      it(`leaves no tensor of ${name} where it is disposed`, () =>
        leakless(() => {
          const variable = tf.tidy(() => tf.variable(tf.ones([3])));
          const step = (wrapper: OptimWrapper): void => {
            tf.tidy(() => {
              wrapper.applyGradients({[variable.name]: tf.tensor1d([1, -2, 3])});
            });
          };
          for (const steps of [0, 1, 2]) {
            const wrapper = new OptimWrapper(make(0.1));
            for (let i = 0; i < steps; i++) step(wrapper);
            wrapper.learningRate = 0.2;
            wrapper.dispose();
          }
          const groups = [make(0.1), make(0.2)];
          const wrapper = new OptimWrapper(groups, {params: [[variable], []]});
          step(wrapper);
          wrapper.setHyper('lr', [0.3, 0.4]);
          step(wrapper);
          wrapper.dispose();
          variable.dispose();
        }));

      it(`leaves no tensor of ${name} where it was made inside tf.tidy`, () =>
        leakless(() => {
          const variable = tf.tidy(() => tf.variable(tf.ones([3])));
          let wrapper: OptimWrapper | undefined;
          tf.tidy(() => {
            wrapper = new OptimWrapper(make(0.1));
          });
          tf.tidy(() => {
            wrapper?.applyGradients({[variable.name]: tf.ones([3])});
          });
          wrapper?.dispose();
          variable.dispose();
        }));

      for (const [what, wrap] of Object.entries(WRONG)) {
        it(`leaves ${name} as it was where the wrapper is impossible: ${what}`, () => {
          const left = (use: (optimizer: tf.Optimizer) => void): number => {
            const {numTensors} = tf.memory();
            tf.tidy(() => {
              use(make(0.1));
            });
            return tf.memory().numTensors - numTensors;
          };
          const config = JSON.stringify(make(0.1).getConfig());
          const byTfjs = left(() => undefined);
          expect(
            left(optimizer => {
              expect(() => wrap(optimizer)).toThrowError();
              expect(JSON.stringify(optimizer.getConfig())).toBe(config);
            }),
          ).toBe(byTfjs);
        });
      }
    }

    it('says how ema can wrap one that has a hyper called decay, and leaves it as it was', () =>
      leakless(() => {
        const wrapper = new OptimWrapper(tf.train.adamax(0.1));
        expect(() => ema(wrapper)).toThrowError(
          "'decay' is an option of averageWeights and a hyper of wrappedStep; a name must have one meaning. " +
            'Rename one of them; `hpMap` of OptimWrapper renames its hypers.',
        );
        wrapper.setHyper('decay', 0.5);
        wrapper.dispose();
      }));

    for (const [what, make] of [
      [
        'an Adamax whose decay has another name',
        () => new OptimWrapper(tf.train.adamax(0.1), {hpMap: {decay: 'lrDecay'}}),
      ],
      ['an RMSProp, whose decay is sqrMom', () => new OptimWrapper(tf.train.rmsprop(0.1))],
    ] as const) {
      it(`lets ema wrap ${what}`, () =>
        leakless(() => {
          const variable = tf.tidy(() => tf.variable(tf.ones([3])));
          const optimizer = ema(make(), {decay: 0.5});
          expect(optimizer.callbacks.at(-1)?.name).toBe(averageWeights.name);
          tf.tidy(() => {
            optimizer.applyGradients({[variable.name]: tf.ones([3])});
          });
          const first = [...variable.dataSync()];
          tf.tidy(() => {
            optimizer.applyGradients({[variable.name]: tf.ones([3])});
          });
          const second = [...variable.dataSync()];
          optimizer.eval();
          const shown = [...variable.dataSync()];
          optimizer.train();
          // After two steps the average of the weights is between them.
          shown.forEach((value, i) => {
            expect(value).withContext(`${first[i]} and ${second[i]}`).toBeGreaterThan(present(second[i]));
          });
          expectClose(variable.dataSync(), second, 0);
          optimizer.dispose();
          variable.dispose();
        }));
    }
  },
  ['cpu', 'wasm'],
);
