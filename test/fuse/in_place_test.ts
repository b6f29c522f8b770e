import {adam, lamb, lookahead, type Optimizer, sgd} from '../../src';
import {isCpuBackend} from '../../src/fuse/cpu/values';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

const SHAPE = [3, 5];
const START = Float32Array.from({length: 15}, (_, i) => i / 8 - 1);

/** A case holds something to read after steps. Its values must not have changed. */
interface Held {
  read(): ArrayLike<number>;
  free?: () => void;
}

const ofTensor = (tensor: tf.Tensor): Held => ({
  read: () => tensor.dataSync(),
  free: () => {
    tensor.dispose();
  },
});

function gradientOf(variable: tf.Variable): tf.NamedTensorMap {
  return {[variable.name]: tf.tidy(() => tf.sin(variable))};
}

function steps(optimizer: Optimizer, variables: readonly tf.Variable[], n: number): void {
  for (let i = 0; i < n; i++) {
    for (const variable of variables) {
      const gradients = gradientOf(variable);
      optimizer.applyGradients(gradients);
      tf.dispose(gradients);
    }
  }
}

function variableOf(values: Float32Array): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, SHAPE)));
}

const HOLDS: ReadonlyArray<readonly [what: string, hold: (variable: tf.Variable, optimizer: Optimizer) => Held]> = [
  ['a clone', variable => ofTensor(variable.clone())],
  ['a reshape', variable => ofTensor(variable.reshape([15]))],
  ['a cast to the same type', variable => ofTensor(variable.cast('float32'))],
  ['a slice', variable => ofTensor(variable.slice([0, 0], [2, 5]))],
  [
    'another variable that was assigned it',
    variable => {
      const other = variableOf(START.map(() => 0));
      tf.tidy(() => {
        other.assign(variable.clone());
      });
      return ofTensor(other);
    },
  ],
  [
    'the array that was read',
    variable => {
      const values = variable.dataSync();
      return {read: () => values};
    },
  ],
  [
    'the array of a state entry that was read',
    (variable, optimizer) => {
      const entry = optimizer.state.get(variable)['gradAvg'];
      const values = entry instanceof tf.Tensor ? entry.dataSync() : new Float32Array();
      return {read: () => values};
    },
  ],
  [
    'a clone of a state entry',
    (variable, optimizer) => {
      const entry = optimizer.state.get(variable)['gradAvg'];
      return ofTensor(entry instanceof tf.Tensor ? entry.clone() : tf.scalar(0));
    },
  ],
];

describeBackends(
  'updating in place',
  backend => {
    for (const [what, hold] of HOLDS) {
      for (const before of [0, 1, 2]) {
        it(`does not change ${what}, after ${before} steps`, () =>
          leakless(() => {
            const variable = variableOf(START);
            const optimizer = adam(0.1);
            steps(optimizer, [variable], before);
            const held = hold(variable, optimizer);
            const values = Array.from(held.read());
            const first = Array.from(variable.dataSync());
            steps(optimizer, [variable], 3);
            expect(Array.from(held.read())).toEqual(values);
            expect(Array.from(variable.dataSync())).not.toEqual(first);
            expect(optimizer.fusedOn).toBe(backend);
            held.free?.();
            optimizer.dispose();
            variable.dispose();
          }));
      }
    }

    if (backend === 'cpu')
      it('does not change an array that other code set as the values of a variable', () =>
        leakless(() => {
          const variable = variableOf(START.slice());
          const optimizer = adam(0.1);
          steps(optimizer, [variable], 2);
          const cpu = tf.backend();
          if (!isCpuBackend(cpu)) throw new Error('The backend is not the one of the specs.');
          const theirs = START.slice();
          cpu.data.get(variable.dataId).values = theirs;
          expect(variable.dataSync()).toBe(theirs);
          steps(optimizer, [variable], 1);
          expect(theirs).toEqual(START);
          expect(variable.dataSync()).not.toEqual(START);
          optimizer.dispose();
          variable.dispose();
        }));

    it('does not change the array that a variable was made from', () =>
      leakless(() => {
        const values = START.slice();
        const variable = variableOf(values);
        const optimizer = sgd(0.1);
        steps(optimizer, [variable], 2);
        expect(values).toEqual(START);
        tf.dispose(variable);
        optimizer.dispose();
      }));

    it('does not change a tensor that a variable was made from', () =>
      leakless(() => {
        const tensor = tf.tensor(START.slice(), SHAPE);
        const variable = tf.variable(tensor);
        const optimizer = sgd(0.1);
        steps(optimizer, [variable], 2);
        expect(tensor.dataSync()).toEqual(START);
        tf.dispose([variable, tensor]);
        optimizer.dispose();
      }));

    it('does not change a model that got its weights from the trained one', () =>
      leakless(() => {
        const make = () => tf.sequential({layers: [tf.layers.dense({units: 3, inputShape: [2]})]});
        const [trained, other] = [make(), make()];
        other.setWeights(trained.getWeights());
        const before = other.getWeights().map(weight => weight.dataSync().slice());
        const optimizer = adam(0.1);
        const variables = trained.getWeights(true).flatMap(weight => (weight instanceof tf.Variable ? [weight] : []));
        expect(variables.length).toBe(2);
        steps(optimizer, variables, 2);
        expect(other.getWeights().map(weight => weight.dataSync())).toEqual(before);
        expect(trained.getWeights()[0]?.dataSync()).not.toEqual(before[0]);
        trained.dispose();
        other.dispose();
        optimizer.dispose();
      }));

    it('is seen by products with the variable', () =>
      leakless(() => {
        const variable = variableOf(START);
        const optimizer = adam(0.1);
        const identity = tf.eye(3);
        for (let i = 0; i < 4; i++) {
          const product = tf.matMul(identity, variable);
          expectClose(product.dataSync(), variable.dataSync(), 0);
          const state = optimizer.state.get(variable)['gradAvg'];
          if (state instanceof tf.Tensor) {
            const other = tf.matMul(identity, state);
            expectClose(other.dataSync(), state.dataSync(), 0);
            other.dispose();
          }
          product.dispose();
          steps(optimizer, [variable], 1);
        }
        tf.dispose([variable, identity]);
        optimizer.dispose();
      }));

    const gradients: ReadonlyArray<
      readonly [what: string, of: (a: tf.Variable, b: tf.Variable) => tf.NamedTensorMap]
    > = [
      ['the variables themselves', (a, b) => ({[a.name]: a, [b.name]: b})],
      ['one another', (a, b) => ({[a.name]: b, [b.name]: a})],
    ];
    for (const [what, of] of gradients) {
      it(`takes gradients that are ${what}`, () =>
        leakless(async () => {
          const results: number[][] = [];
          for (const fusing of [true, false]) {
            tf.env().set('OPTIM_FUSING', fusing);
            const [a, b] = [variableOf(START), variableOf(START.map(x => 2 * x + 1))];
            const optimizer = adam(0.1);
            for (let i = 0; i < 3; i++) optimizer.applyGradients(of(a, b));
            results.push([...(await a.data()), ...(await b.data())]);
            tf.dispose([a, b]);
            optimizer.dispose();
          }
          tf.env().set('OPTIM_FUSING', true);
          expectClose(present(results[0]), present(results[1]), 1e-6);
        }));
    }

    it('keeps the number of tensors and their bytes', () => {
      const variable = variableOf(START);
      const optimizer = lookahead(lamb(0.1), {k: 2});
      steps(optimizer, [variable], 2);
      const {numTensors, numDataBuffers, numBytes} = tf.memory();
      steps(optimizer, [variable], 5);
      tf.tidy(() => {
        steps(optimizer, [variable], 5);
      });
      expect(tf.memory()).toEqual(jasmine.objectContaining({numTensors, numDataBuffers, numBytes}));
      variable.dispose();
      optimizer.dispose();
    });
  },
  ['cpu', 'wasm'],
);
