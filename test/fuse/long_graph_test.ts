import {callback, Optimizer, required, type Value} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

/** Adds 1 and subtracts it again `n` times. */
function longWay(value: Value, operations: number): Value {
  let x = value;
  for (let i = 0; i < operations; i++) x = i % 2 === 0 ? x.add(1) : x.sub(1);
  return x;
}

// A page gets each warning once.
let isFirst = true;

describeBackends('a callback of many operations', backend => {
  let warnings: jasmine.Spy;

  beforeEach(() => {
    warnings = spyOn(console, 'warn');
  });

  const said = () =>
    warnings.calls
      .allArgs()
      .map(String)
      .filter(text => text.includes('tfjs-optim'));

  async function after(operations: number, name: string): Promise<{values: number[]; fusedOn: string}> {
    const long = callback(name, {hypers: {lr: required}}, ({p, grad, lr}) => ({
      p: p.sub(longWay(grad, operations).mul(lr)),
    }));
    const optimizer = new Optimizer([long], {lr: 0.5});
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1])));
    for (let i = 0; i < 2; i++)
      tf.tidy(() => {
        optimizer.applyGradients({[variable.name]: tf.tensor1d([1])});
      });
    const values = [...(await variable.data())];
    const {fusedOn} = optimizer;
    optimizer.dispose();
    variable.dispose();
    return {values, fusedOn};
  }

  it('runs fused where it is long', () =>
    leakless(async () => {
      // In software, the time that WebGPU takes to compile grows with the square of the length.
      const {values, fusedOn} = await after(backend === 'webgpu' ? 500 : 1500, 'longStep');
      expectClose(values, [0], 1e-6);
      expect(fusedOn).toBe(backend);
      expect(said()).toEqual([]);
    }));

  it('runs as ordinary operations where it is too long, with one warning', () =>
    leakless(async () => {
      const {values, fusedOn} = await after(12000, 'tooLongStep');
      expectClose(values, [0], 1e-6);
      expect(fusedOn).toMatch(/^eager: its callbacks compute \d+ operations per element; at most 4000 are compiled$/);
      expect(said()).toEqual(
        [`tfjs-optim: an optimizer runs without fusing, more slowly: ${fusedOn.slice('eager: '.length)}`].slice(
          isFirst ? 0 : 1,
        ),
      );
      isFirst = false;
    }));

  it('runs as ordinary operations where each of many sums needs the one before', () =>
    leakless(async () => {
      const chained = callback('chainedSums', {hypers: {lr: required}}, ({p, grad, lr}) => {
        let sum = grad.sum();
        for (let i = 0; i < 300; i++) sum = grad.mul(sum).sum();
        return {p: p.sub(grad.mul(sum).mul(lr))};
      });
      const optimizer = new Optimizer([chained], {lr: 0.5});
      const variable = tf.tidy(() => tf.variable(tf.tensor1d([1])));
      tf.tidy(() => {
        optimizer.applyGradients({[variable.name]: tf.tensor1d([1])});
      });
      expectClose(await variable.data(), [0.5], 1e-6);
      expect(optimizer.fusedOn).toMatch(/^eager: its callbacks compute/);
      optimizer.dispose();
      variable.dispose();
    }));
});
