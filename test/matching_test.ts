import {loadOptimizer, type Optimizer, saveOptimizer, sgd} from '../src';
import {matchVariables, type Named, UniqueNames} from '../src/state/matching';
import {describeBackends} from './support/backends';
import {bitsOf} from './support/bits';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {tf} from './support/tfjs';

describeBackends(
  'Saved state goes to variables',
  () => {
    let made: tf.Variable[] = [];
    const variable = (name: string, shape: number[] = [2]) => {
      const one = tf.tidy(() => tf.variable(tf.ones(shape), true, name));
      made.push(one);
      return one;
    };
    afterEach(() => {
      tf.dispose(made);
      made = [];
    });

    const matchedNames = (
      saved: readonly Named[],
      variables: readonly tf.Variable[],
      problem?: (text: string) => void,
    ) => {
      const matched = matchVariables(saved, variables, problem);
      return variables.map(one => matched.get(one)?.name);
    };
    const named = (...names: string[]): Named[] => names.map(name => ({name, shape: [2]}));

    const average = (optimizer: Optimizer, of: tf.Variable) => {
      const {gradAvg} = optimizer.state.get(of);
      if (gradAvg instanceof tf.Tensor) return gradAvg;
      throw new Error(`${of.name} has no gradAvg.`);
    };

    it('by name where the names are the same, in any order', () => {
      const [first, second] = [variable('mlp/w_1'), variable('mlp/w_2')];
      const saved = named('mlp/w_1', 'mlp/w_2');
      expect(matchedNames(saved, [first, second])).toEqual(['mlp/w_1', 'mlp/w_2']);
      expect(matchedNames(saved, [second, first])).toEqual(['mlp/w_2', 'mlp/w_1']);
    });

    it('by order where the suffixes changed', () => {
      expect(matchedNames(named('a/kernel', 'a/kernel_1'), [variable('a/kernel_1'), variable('a/kernel_2')])).toEqual([
        'a/kernel',
        'a/kernel_1',
      ]);
    });

    it('by name for each shape, even where other shapes with this name are matched by order', () => {
      const saved = [
        {name: 'a/w', shape: [2]},
        {name: 'a/w_1', shape: [2]},
        {name: 'a/w_2', shape: [3]},
      ];
      const variables = [variable('a/w_1'), variable('a/w_5', [3]), variable('a/w')];
      expect(matchedNames(saved, variables)).toEqual(['a/w_1', 'a/w_2', 'a/w']);
    });

    it('but not to a new variable of another shape, where each saved one has its variable', () => {
      const variables = [variable('a/w'), variable('a/w_1', [3])];
      expect(matchedNames(named('a/w'), variables)).toEqual(['a/w', undefined]);
    });

    it('or not at all, where two saved ones fit one variable or the shape differs', () => {
      const saved = named('a/w', 'a/w_1');
      expect(() => matchVariables(saved, [variable('a/w_1')])).toThrowError(
        /^Ambiguous names: 2 saved parameters \('a\/w', 'a\/w_1'\) fit 1 variables \('a\/w_1'\).*several models/,
      );
      expect(() => matchVariables(saved, [variable('a/w_2', [5])])).toThrowError(
        /^The saved state of 'a\/w' is for the shape \[2\], but 'a\/w_2' has the shape \[5\]/,
      );
    });

    it('or not at all without an error, where a caller accepts that', () => {
      const problems: string[] = [];
      expect(matchedNames(named('a/w', 'a/w_1'), [variable('a/w_1')], text => problems.push(text))).toEqual([
        undefined,
      ]);
      expect(problems).toEqual([jasmine.stringMatching(/^Ambiguous names: 2 saved parameters/)]);
    });

    it('at a cost that is linear in their number', () => {
      const reads = (n: number) => {
        let count = 0;
        const saved = Array.from({length: n}, (_, i): Named => ({
          get name() {
            count++;
            return `layer${i % 7}/w_${i}`;
          },
          shape: [2],
        }));
        const variables = Array.from({length: n}, (_, i) => variable(`layer${i % 7}/w_${n - 1 - i}`));
        matchVariables(saved, variables, () => undefined);
        return count;
      };
      const [small, large] = [reads(100), reads(400)];
      expect(large).toBeLessThanOrEqual(4 * small);
    });

    for (const [what, byParams] of [
      ['handed in', true],
      ['met in gradients', false],
    ] as const) {
      it(`with its group, ${what} in another order`, async () => {
        const [first, second] = [variable('mlp/w_1'), variable('mlp/w_2')];
        const optimizer = sgd([0.1, 0.001], {mom: 0.9, params: [[first], [second]]});
        const gradients = (a: number, b: number) => ({'mlp/w_2': tf.fill([2], b), 'mlp/w_1': tf.fill([2], a)});
        const apply = (to: Optimizer, a: number, b: number) => {
          tf.tidy(() => {
            to.applyGradients(gradients(a, b));
          });
        };
        apply(optimizer, 3, 7);
        const handler = memoryHandler();
        await saveOptimizer(optimizer, handler);
        const loaded = await loadOptimizer(handler, byParams ? {params: [second, first]} : {});
        for (const one of [optimizer, loaded]) apply(one, 0, 0);
        for (const one of [first, second]) {
          const [expected, got] = await bitsOf([optimizer, loaded].map(of => average(of, one)));
          expect(got).toEqual(present(expected));
        }
        expect(loaded.paramLists.map(list => list.map(({name}) => name))).toEqual([['mlp/w_1'], ['mlp/w_2']]);
        optimizer.dispose();
        loaded.dispose();
      });
    }
  },
  ['cpu'],
);

describe('A name that is used', () => {
  it('gets the next free suffix', () => {
    const names = new UniqueNames(['w', 'w_2', 'b_7']);
    expect(['w', 'w', 'w_2', 'b', 'b_7', 'w_9'].map(name => names.take(name))).toEqual([
      'w_1',
      'w_3',
      'w_4',
      'b',
      'b_1',
      'w_9',
    ]);
  });
});
