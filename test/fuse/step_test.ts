import {adam, callback, larc, Optimizer, optimizers, sgd, zeros} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {restartWasm} from '../support/restart';
import {tf} from '../support/tfjs';

// Around the four elements of a vector, around a tile, and more than the 16-bit count of a call can hold.
const SIZES = [1, 3, 4, 5, 8191, 8192, 8193, 70_001];

function wave(size: number, phase: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = ((((i + phase) * 7919) % 1009) - 504) / 256;
  return values;
}

function variablesOf(sizes: readonly number[]): tf.Variable[] {
  return sizes.map((size, i) => tf.tidy(() => tf.variable(tf.tensor1d(wave(size, i)))));
}

/** The tensors after some steps: parameters, then state. */
function run(
  optimizer: Optimizer,
  variables: readonly tf.Variable[],
  steps: number,
  before: (step: number) => void = () => undefined,
): ArrayLike<number>[] {
  for (let step = 0; step < steps; step++) {
    before(step);
    tf.tidy(() => {
      optimizer.applyGradients(
        variables.map(({name, size}, i) => ({name, tensor: tf.tensor1d(wave(size, step + 10 * i))})),
      );
    });
  }
  const tensors = variables.flatMap(variable => [
    variable,
    ...Object.values(optimizer.state.get(variable)).filter(value => value instanceof tf.Tensor),
  ]);
  return tensors.map(tensor => tensor.dataSync().slice());
}

function ended(optimizer: Optimizer, variables: tf.Variable[]): void {
  optimizer.dispose();
  tf.dispose(variables);
}

describeBackends(
  'a fused step',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const {name, make} of optimizers) {
      it(`of ${name} computes the same as the eager one, in every size`, () =>
        leakless(() => {
          const results = [true, false].map(fusing => {
            tf.env().set('OPTIM_FUSING', fusing);
            const variables = variablesOf(SIZES);
            const optimizer: Optimizer = make(0.01);
            const result = run(optimizer, variables, 3, step => {
              optimizer.learningRate = 0.01 / (step + 1);
            });
            expect(optimizer.fusedOn.startsWith(backend)).toBe(fusing);
            ended(optimizer, variables);
            return result;
          });
          // tfjs's WASM sums add up in single precision, 2e-5 off at 70,001 elements; reductions have a test of their
          // own below.
          const tolerance = backend === 'wasm' && (name === 'larc' || name === 'lamb') ? 1e-4 : 1e-6;
          results[0]?.forEach((values, i) => {
            expectClose(values, present(present(results[1])[i]), tolerance, `tensor ${i}`);
          });
        }));
    }

    it('computes the sign of tiny numbers, which tfjs on WASM treats as 0', () =>
      leakless(() => {
        const bySign = callback('bySign', {}, ({p, grad}) => ({p: p.sub(grad.sign())}));
        const variable = tf.tidy(() => tf.variable(tf.zeros([5])));
        const optimizer = new Optimizer(bySign, {params: [variable]});
        tf.tidy(() => {
          optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d([1e-7, -1e-7, 1e-30, -1e-30, 0])}]);
        });
        expect(optimizer.fusedOn).toBe(backend);
        expect([...variable.dataSync()].map(x => x + 0)).toEqual([-1, 1, -1, 1, 0]);
        ended(optimizer, [variable]);
      }));

    it('sums norms in float64', () =>
      leakless(() => {
        const size = 500_000;
        const variables = variablesOf([size]);
        const optimizer = larc(1, {clip: false, mom: 0, trustCoeff: 0.02});
        const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
        const [, localLr] = run(optimizer, variables, 1);
        expectClose(present(present(localLr)[0]) / ((0.02 * norm(wave(size, 0))) / norm(wave(size, 0))), 1, 1e-6);
        ended(optimizer, variables);
      }));

    it('sums totals over all parameters in float64', () =>
      leakless(() => {
        const clipped = callback(
          'clippedByTotal',
          {total: ({grad}) => ({sq: grad.square().sum()})},
          ({p, grad, total}) => ({p: p.sub(grad.div(total.sq.sqrt()))}),
        );
        const variables = variablesOf(SIZES);
        const optimizer = new Optimizer([clipped], {});
        const results = run(optimizer, variables, 1);
        const gradients = SIZES.map((size, i) => wave(size, 10 * i));
        const total = Math.sqrt(gradients.reduce((sum, values) => sum + values.reduce((all, x) => all + x * x, 0), 0));
        gradients.forEach((values, i) => {
          expectClose(
            present(results[i]),
            wave(values.length, i).map((x, j) => x - present(values[j]) / total),
            1e-6,
          );
        });
        ended(optimizer, variables);
      }));

    it('is one kernel, and compiles once for all hypers and shapes', () =>
      leakless(async () => {
        const variables = variablesOf([3, 5, 8]);
        const optimizer = adam(0.1);
        run(optimizer, variables, 2);
        const compiled = spyOn(WebAssembly, 'Module').and.callThrough();
        const more = variablesOf([7, 9]);
        run(optimizer, variables, 3, step => {
          optimizer.learningRate = 1 / (step + 2);
        });
        const other = adam(0.3, {wd: 0.2});
        run(other, more, 2);
        expect(compiled).not.toHaveBeenCalled();
        const gradients = tf.tidy(() =>
          variables.map(variable => ({name: variable.name, tensor: tf.ones(variable.shape)})),
        );
        const {kernels, result} = await tf.profile(() => {
          optimizer.applyGradients(gradients);
          return tf.scalar(0);
        });
        expect(kernels.map(({name}) => name).filter(name => name !== 'Const')).toEqual(['OptimStep']);
        tf.dispose(result);
        tf.dispose(gradients.map(({tensor}) => tensor));
        ended(optimizer, variables);
        ended(other, more);
      }));

    it('goes on where another backend was in between', () =>
      leakless(async () => {
        const results: ArrayLike<number>[][] = [];
        for (const fusing of [true, false]) {
          tf.env().set('OPTIM_FUSING', fusing);
          const variables = variablesOf([5, 70_001]);
          const optimizer = adam(0.01);
          for (const on of [backend, 'cpu', 'wasm', backend]) {
            await tf.setBackend(on);
            results.push(run(optimizer, variables, 2));
          }
          ended(optimizer, variables);
        }
        results.slice(0, 4).forEach((tensors, i) => {
          tensors.forEach((values, j) => {
            expectClose(values, present(present(results[i + 4])[j]), 1e-6);
          });
        });
      }));

    it('shows its graph', () => {
      const variables = variablesOf([3]);
      const optimizer = sgd(0.1);
      expect(optimizer.graph()).toBe('');
      run(optimizer, variables, 1);
      expect(optimizer.graph()).toContain('p ← %');
      ended(optimizer, variables);
    });

    it('shows what is summed over all parameters', () => {
      const shared = callback('sharedHere', {total: ({grad}) => ({sq: grad.square().sum()})}, ({p, grad, total}) => ({
        p: p.sub(grad.div(total.sq)),
      }));
      const variables = variablesOf([3, 5]);
      const optimizer = new Optimizer([shared], {});
      run(optimizer, variables, 1);
      expect(optimizer.graph()).toMatch(/^total0 \+= %\d+!$/m);
      expect(optimizer.graph()).toMatch(/div\(grad, total0\)/);
      ended(optimizer, variables);
    });

    it('takes a condition as a number, as TensorFlow.js does', () =>
      leakless(() => {
        const rule = callback('conditionAsNumber', {}, ({p, grad}) => ({
          p: p
            .less(0)
            .mul(grad)
            .add(p.greater(0))
            .add(p.less(0).equal(grad.less(0))),
        }));
        const results = [true, false].map(fusing => {
          tf.env().set('OPTIM_FUSING', fusing);
          const variables = variablesOf([9]);
          const optimizer = new Optimizer([rule], {});
          const [values] = run(optimizer, variables, 1);
          if (fusing) expect(optimizer.fusedOn).toBe(backend);
          ended(optimizer, variables);
          return present(values);
        });
        tf.env().set('OPTIM_FUSING', true);
        expect(present(results[0]).length).toBe(9);
        expectClose(present(results[0]), present(results[1]), 0);
      }));

    it('reads state in a later pass as it was, although an earlier pass computes its new value', () =>
      leakless(() => {
        const rule = callback('lateReader', {state: {memory: zeros}}, ({p, grad, memory}) => {
          const next = memory.add(grad);
          return {p: p.sub(memory.mul(next.square().sum()).mul(0.01)), memory: next};
        });
        const variables = variablesOf([9, 513]);
        const optimizer = new Optimizer([rule], {});
        const results = run(optimizer, variables, 3);
        expect(optimizer.fusedOn).toBe(backend);
        variables.forEach(({size}, i) => {
          const p = Float64Array.from(wave(size, i));
          let memory = new Float64Array(size);
          for (let step = 0; step < 3; step++) {
            const grad = wave(size, step + 10 * i);
            const next = memory.map((value, j) => value + present(grad[j]));
            const sum = next.reduce((all, value) => all + value * value, 0);
            p.forEach((value, j) => {
              p[j] = value - present(memory[j]) * sum * 0.01;
            });
            memory = next;
          }
          const [found, state] = results.slice(2 * i);
          expectClose(present(found), p, 1e-5);
          expectClose(present(state), memory, 1e-6);
        });
        ended(optimizer, variables);
      }));

    if (backend === 'wasm')
      it('takes parameters that are too large to store values between passes', async () => {
        const size = 2 ** 24 + 3;
        const rule = callback('largeHere', {}, ({p, grad}) => ({p: p.sub(grad.mul(grad.mean()))}));
        const variable = tf.tidy(() => tf.variable(tf.ones([size])));
        const gradient = tf.fill([size], 0.5);
        const optimizer = new Optimizer([rule], {});
        optimizer.applyGradients([{name: variable.name, tensor: gradient}]);
        expect(optimizer.fusedOn).toBe('wasm');
        const last = tf.tidy(() => variable.slice([size - 2]).dataSync());
        expect(last).toEqual(Float32Array.of(0.75, 0.75));
        optimizer.dispose();
        tf.dispose([variable, gradient]);
        // The memory never becomes smaller.
        await restartWasm({simd: true});
      });

    it('is a kernel that nothing else can run', () => {
      const variables = variablesOf([3]);
      const optimizer = sgd(0.1);
      run(optimizer, variables, 1);
      expect(() => tf.engine().runKernel('OptimStep', {})).toThrowError(
        'Only the optimizers of tfjs-optim can run the kernel OptimStep.',
      );
      ended(optimizer, variables);
    });
  },
  ['cpu', 'wasm'],
);
