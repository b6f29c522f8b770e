import {adam, ema, lookahead, type Optimizer, OptimWrapper, rAdam} from '../src';
import {describeBackends} from './support/backends';
import {snapshot} from './support/bits';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  adam: () => adam(0.1),
  'lookahead over rAdam': () => lookahead(rAdam(0.1), {k: 2}),
  'ema over adam': () => ema(adam(0.1)),
  'a wrapped adam': () => new OptimWrapper(tf.train.adam(0.1)),
};

/** Ways to pass an optimizer its own tensors. */
const WAYS: Readonly<
  Record<string, (optimizer: Optimizer, variables: readonly tf.Variable[]) => void | Promise<void>>
> = {
  'loadStateDict with its own tensors': (optimizer, variables) => {
    const dict = optimizer.stateDict();
    optimizer.loadStateDict({...dict, state: variables.map(variable => optimizer.state.get(variable))});
    for (const entries of dict.state) tf.dispose({...entries});
  },
  'state.set with its own tensors': (optimizer, variables) => {
    for (const variable of variables) optimizer.state.set(variable, optimizer.state.get(variable));
  },
  'setWeights with its own tensors': async optimizer => {
    await optimizer.setWeights(await optimizer.getWeights());
  },
  'setWeights twice at once': async optimizer => {
    await Promise.all(
      [0, 1].map(async () => {
        await optimizer.setWeights(await optimizer.getWeights());
      }),
    );
  },
  'setWeights with tensors that are disposed before it ends': async optimizer => {
    const weights = (await optimizer.getWeights()).map(({name, tensor}) => ({name, tensor: tensor.clone()}));
    const setting = optimizer.setWeights(weights);
    tf.dispose(weights.map(({tensor}) => tensor));
    await setting;
  },
  'grads.set with its own gradients': (optimizer, variables) => {
    for (const variable of variables) {
      optimizer.grads.set(variable, variable);
      optimizer.grads.set(variable, optimizer.grads.get(variable));
    }
    optimizer.zeroGrad();
  },
};

const variableOf = (values: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));

/** A while later. */
const later = (): Promise<void> =>
  new Promise(resolve => {
    setTimeout(resolve);
  });

class Training {
  readonly variables = [
    [1, 2],
    [1, 2, 3],
  ].map(variableOf);

  constructor(readonly optimizer: Optimizer) {}

  step(): void {
    this.optimizer.minimize(
      () => tf.addN(this.variables.map(variable => variable.square().sum())).asScalar(),
      false,
      this.variables,
    );
  }

  dispose(): void {
    this.optimizer.dispose();
    tf.dispose(this.variables);
  }
}

describeBackends(
  'an optimizer that gets its own tensors',
  () => {
    for (const [name, make] of Object.entries(OPTIMIZERS)) {
      for (const [what, act] of Object.entries(WAYS)) {
        it(`does not change: ${name}, ${what}`, () =>
          leakless(async () => {
            const training = new Training(make());
            for (let i = 0; i < 3; i++) training.step();
            const before = await snapshot(training.optimizer, training.variables);
            // The tensors that hold its numbers for saving stay.
            await training.optimizer.getWeights();
            await later();
            await leakless(async () => {
              await act(training.optimizer, training.variables);
              await later();
            });
            expect(await snapshot(training.optimizer, training.variables)).toEqual(before);
            training.step();
            training.dispose();
          }));
      }
    }

    it('exchanges entries on request', () =>
      leakless(async () => {
        const training = new Training(adam(0.1));
        training.step();
        for (const variable of training.variables) {
          const {gradAvg, sqrAvg} = training.optimizer.state.get(variable);
          if (!(gradAvg instanceof tf.Tensor) || !(sqrAvg instanceof tf.Tensor))
            throw new Error('Adam must keep two averages.');
          const before = [await gradAvg.data(), await sqrAvg.data()].map(values => [...values]);
          training.optimizer.state.set(variable, {gradAvg: sqrAvg, sqrAvg: gradAvg});
          const now = training.optimizer.state.get(variable);
          const after = await Promise.all(
            [now['sqrAvg'], now['gradAvg']].map(async tensor =>
              tensor instanceof tf.Tensor ? [...(await tensor.data())] : [],
            ),
          );
          expect(after).toEqual(before);
        }
        training.dispose();
      }));

    it('adds a gradient to itself, and takes that of another variable', () =>
      leakless(async () => {
        const [a, b] = [variableOf([1, 2]), variableOf([3, 4])];
        const {grads} = adam(0.1, {params: [a, b]});
        grads.set(a, a);
        const gradient = grads.get(a);
        if (gradient === undefined) throw new Error('There is a gradient.');
        grads.add(a, gradient);
        grads.set(b, grads.get(a));
        expect(
          await Promise.all([a, b].map(async variable => [...present(await present(grads.get(variable)).data())])),
        ).toEqual([
          [2, 4],
          [2, 4],
        ]);
        grads.zero(true);
        tf.dispose([a, b]);
      }));

    it('refuses weights if it was disposed before they are read, and leaves nothing', () =>
      leakless(async () => {
        const training = new Training(adam(0.1));
        training.step();
        const weights = (await training.optimizer.getWeights()).map(({name, tensor}) => ({
          name,
          tensor: tensor.clone(),
        }));
        const setting = training.optimizer.setWeights(weights);
        training.dispose();
        await expectAsync(setting).toBeRejectedWithError(/can't be used any more: it is disposed/);
        tf.dispose(weights.map(({tensor}) => tensor));
      }));

    it('takes weights for the remaining variables if some were disposed before they are read', () =>
      leakless(async () => {
        const training = new Training(adam(0.1));
        training.step();
        const setting = training.optimizer.setWeights(await training.optimizer.getWeights());
        training.variables[0]?.dispose();
        await setting;
        expect(
          training.optimizer
            .allParams()
            .map(({variable, state}) => [variable === training.variables[1], state['step']]),
        ).toEqual([[true, 1]]);
        training.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);
