import {adafactor, adafactorStep, loadOptimizer, Optimizer, saveOptimizer} from '../src';
import {tensorsIn} from '../src/state/state_dict';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {elementOf} from './support/present';
import {tf} from './support/tfjs';
import {wave} from './support/waves';

const variablesOf = (shapes: ReadonlyArray<readonly number[]>) =>
  shapes.map((shape, i) => tf.tidy(() => tf.variable(tf.tensor(wave(shape, 0), [...shape]), true, `v${i}`)));

function train(optimizer: Optimizer, variables: readonly tf.Variable[], steps: number): void {
  for (let i = 0; i < steps; i++)
    tf.tidy(() => {
      optimizer.applyGradients(
        variables.map(({name, shape}) => ({name, tensor: tf.tensor(wave(shape, i + 1), shape)})),
      );
    });
}

function shapesOf(optimizer: Optimizer, variable: tf.Variable): unknown {
  const {adafactorRows, adafactorColumns} = optimizer.state.get(variable);
  if (!(adafactorRows instanceof tf.Tensor && adafactorColumns instanceof tf.Tensor))
    throw new Error('The state must be tensors.');
  return [adafactorRows.shape, adafactorColumns.shape];
}

describeBackends(
  'adafactor',
  backend => {
    for (const [what, shape, rows, columns] of [
      ['a matrix by rows and columns', [20, 18], [20, 1], [1, 18]],
      ['a convolution by its channels', [3, 3, 20, 18], [3, 3, 20, 1], [3, 3, 1, 18]],
      ['a convolution of few channels by height and width', [20, 18, 3, 4], [1, 18, 3, 4], [20, 1, 3, 4]],
      ['nothing of a vector', [300], [], [300]],
      ['nothing of a scalar', [], [], []],
      ['nothing of a small matrix', [16, 300], [], [16, 300]],
      ['nothing of a small kernel', [3, 3, 16, 300], [], [3, 3, 16, 300]],
    ] as const) {
      it(`factors ${what}`, () =>
        leakless(() => {
          const variables = variablesOf([shape]);
          const optimizer = adafactor(0.1, {params: variables});
          train(optimizer, variables, 2);
          expect(shapesOf(optimizer, elementOf(variables, 0))).toEqual([rows, columns]);
          optimizer.dispose();
          tf.dispose(variables);
        }));
    }

    it('trains a convolution of 1 × 1 as the matrix that it is, fused', () =>
      leakless(async () => {
        const variables = variablesOf([
          [20, 18],
          [1, 1, 20, 18],
        ]);
        const optimizer = adafactor(0.1, {params: variables, wd: 0.1, mom: 0.9});
        train(optimizer, variables, 5);
        expect(optimizer.fusedOn).toBe(backend);
        expect(await elementOf(variables, 1).data()).toEqual(await elementOf(variables, 0).data());
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('takes minDim by group, and a state dict and a saved file bring theirs', () =>
      leakless(async () => {
        const variables = variablesOf([
          [3, 4],
          [5, 4],
        ]);
        const groups = variables.map(variable => [variable]);
        const settings = {lr: 0.1, params: groups};
        const optimizer = new Optimizer([adafactorStep], {...settings, minDim: [2, 16]});
        train(optimizer, variables, 3);
        const shapes = variables.map(variable => shapesOf(optimizer, variable));
        expect(shapes).toEqual([
          [
            [3, 1],
            [1, 4],
          ],
          [[], [5, 4]],
        ]);
        const dict = optimizer.stateDict();
        const other = new Optimizer([adafactorStep], {...settings, minDim: [16, 2]});
        other.loadStateDict(dict);
        tf.dispose(tensorsIn(dict));
        expect(variables.map(variable => shapesOf(other, variable))).toEqual(shapes);
        train(other, variables, 1);
        other.dispose();
        const handler = memoryHandler();
        await saveOptimizer(optimizer, handler);
        const loaded = await loadOptimizer(handler, {params: groups});
        train(loaded, variables, 1);
        expect(variables.map(variable => shapesOf(loaded, variable))).toEqual(shapes);
        loaded.dispose();
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('brings its bound minDim in a state dict', () =>
      leakless(() => {
        const variables = variablesOf([[3, 4]]);
        const [small, usual] = [adafactor(0.1, {params: variables, minDim: 2}), adafactor(0.1, {params: variables})];
        train(small, variables, 1);
        const dict = small.stateDict();
        usual.loadStateDict(dict);
        tf.dispose(tensorsIn(dict));
        train(usual, variables, 1);
        expect(shapesOf(usual, elementOf(variables, 0))).toEqual([
          [3, 1],
          [1, 4],
        ]);
        small.dispose();
        usual.dispose();
        tf.dispose(variables);
      }));

    it('refuses state of another shape', () =>
      leakless(() => {
        const variables = variablesOf([[3, 4]]);
        const variable = elementOf(variables, 0);
        const optimizer = adafactor(0.1, {params: variables, minDim: 2});
        tf.tidy(() => {
          expect(() => {
            optimizer.state.set(variable, {adafactorRows: tf.scalar(0)});
          }).toThrowError(
            /'adafactorRows' of 'v0' must be a float32 tensor of shape \[3,1\]; got float32 of shape \[\]/,
          );
          optimizer.state.set(variable, {adafactorRows: tf.ones([3, 1])});
        });
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('does not move by more than the rate where a gradient is suddenly larger', () =>
      leakless(async () => {
        const variable = tf.tidy(() => tf.variable(tf.ones([4])));
        const optimizer = adafactor(0.1, {params: [variable]});
        let before: ArrayLike<number> = [];
        for (const size of [1, 1, 1, 1000]) {
          before = await variable.data();
          tf.tidy(() => {
            optimizer.applyGradients([{name: variable.name, tensor: tf.fill([4], size)}]);
          });
        }
        const after = await variable.data();
        expectClose(
          Array.from(after, (x, i) => elementOf(Array.from(before), i) - x),
          [0.1, 0.1, 0.1, 0.1],
          1e-6,
        );
        optimizer.dispose();
        variable.dispose();
      }));
  },
  ['cpu', 'wasm'],
);
