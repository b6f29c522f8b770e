import {callback, larc, Optimizer, required} from '../../src';
import {MOST_PLANS, plans} from '../../src/fuse';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {methodCalls} from '../support/replace_method';
import {tf} from '../support/tfjs';
import {trained} from '../support/trained';
import {webgl} from '../support/webgl';

const BITS = 10;

/** Steps that differ in what they compute: each bit of n decides between two operations. */
function structure(n: number): Optimizer {
  const step = callback('grown', {hypers: {lr: required}}, ({p, grad, lr}) => {
    let update = grad;
    for (let bit = 0; bit < BITS; bit++) update = (n >> bit) % 2 === 0 ? update.add(1) : update.abs();
    return {p: p.sub(update.mul(lr))};
  });
  return new Optimizer([step], {lr: 0.5});
}

/** The value after a step from 10 with gradient 1. */
const expected = (n: number): number => 10 - 0.5 * (1 + BITS - n.toString(2).replace(/0/g, '').length);

/** How often something is compiled while `act` runs. */
function compiledWhile(act: () => void): number {
  if (tf.getBackend() === 'webgl') {
    return methodCalls(webgl().gpgpu.gl, ['linkProgram'], act);
  }
  const {Module} = WebAssembly;
  let made = 0;
  WebAssembly.Module = new Proxy(Module, {
    construct: (target, given) => {
      made++;
      const module: unknown = Reflect.construct(target, given);
      if (module instanceof Module) return module;
      throw new Error('There is no module.');
    },
  });
  try {
    act();
  } finally {
    WebAssembly.Module = Module;
  }
  return made;
}

describeBackends(
  'plans of many structures',
  backend => {
    // In software, a shader compiles slowly.
    const many = backend === 'webgl' ? MOST_PLANS + 20 : 1000;

    it('are stored up to a limit, and compile nothing as long as they are', () =>
      leakless(() => {
        const variable = tf.tidy(() => tf.variable(tf.fill([3], 10)));
        const gradients = {[variable.name]: tf.ones([3])};
        const start = tf.fill([3], 10);
        const run = (n: number): void => {
          variable.assign(start);
          const optimizer = structure(n);
          optimizer.applyGradients(gradients);
          expect(optimizer.fusedOn).toBe(backend);
          optimizer.dispose();
          expectClose(variable.dataSync(), [expected(n), expected(n), expected(n)], 1e-6, `structure ${n}`);
        };
        const all = (from: number): void => {
          for (let n = from; n < many; n++) run(n);
        };
        expect(
          compiledWhile(() => {
            all(0);
          }),
        ).toBeGreaterThanOrEqual(many);
        expect(plans.size).toBe(MOST_PLANS);
        expect(
          compiledWhile(() => {
            all(many - MOST_PLANS);
          }),
        ).toBe(0);
        tf.dispose([variable, gradients, start]);
      }));

    it('are made again where they were dropped', () =>
      leakless(() => {
        const variable = tf.tidy(() => tf.variable(tf.fill([3], 10)));
        const gradients = {[variable.name]: tf.ones([3])};
        const optimizer = structure(0);
        expect(
          compiledWhile(() => {
            optimizer.applyGradients(gradients);
          }),
        ).toBeGreaterThan(0);
        expectClose(variable.dataSync(), [expected(0), expected(0), expected(0)], 1e-6);
        expect(plans.size).toBe(MOST_PLANS);
        optimizer.dispose();
        tf.dispose([variable, gradients]);
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describeBackends(
  'programs of the same text',
  () => {
    it('are compiled once, though their plans differ', () => {
      const step = (): void => {
        trained(() => larc(0.1, {wd: 0.1}));
      };
      step();
      plans.clear();
      expect(compiledWhile(step)).toBe(0);
      expect(plans.size).toBeGreaterThan(0);
    });
  },
  ['webgl'],
);
