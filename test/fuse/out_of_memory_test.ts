import {adam, callback, lookahead, Optimizer, required, zeros} from '../../src';
import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {type BackendName, describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {replaceMethod} from '../support/replace_method';
import {restartWasm} from '../support/restart';
import {tf} from '../support/tfjs';

const SIZES = [1000, 7];

/** Lets the n-th allocation from now on fail. @returns what ends that. */
type Failure = (n: number) => () => void;

const counted = (n: number, fail: () => unknown) => (original: (...values: unknown[]) => unknown) => {
  let made = 0;
  return (...values: unknown[]) => (made++ === n ? fail() : original(...values));
};

function thrown(): never {
  throw new RangeError('out of memory');
}

const lengthOfMemory = (): number => memoryOf(assertWasmBackend(tf.backend())).buffer.byteLength;

const malloc =
  (fail: () => unknown): Failure =>
  n =>
    replaceMethod(assertWasmBackend(tf.backend()).wasm, '_malloc', counted(n, fail));

/** Fails like an engine without room for an array. */
function arrays(n: number): () => void {
  const original = Float32Array;
  let made = 0;
  globalThis.Float32Array = new Proxy(original, {
    construct: (target, values: unknown[]) => {
      if (typeof values[0] === 'number' && made++ === n) thrown();
      const array: unknown = Reflect.construct(target, values);
      return array instanceof original ? array : thrown();
    },
  });
  return () => {
    globalThis.Float32Array = original;
  };
}

const FAILURES: ReadonlyArray<readonly [backend: BackendName, how: string, failure: Failure]> = [
  ['wasm', 'gives no room', malloc(() => 0)],
  ['wasm', 'throws', malloc(thrown)],
  ['cpu', 'throws', arrays],
  // As emscripten's allocator does once it has failed.
  ['wasm', 'gives room that begins in the memory and ends beyond it', malloc(() => lengthOfMemory() - 16)],
  ['wasm', 'gives room beyond the memory', malloc(() => lengthOfMemory() + 65536)],
  // An address above 2 GB, as a signed number.
  ['wasm', 'gives room far beyond the memory', malloc(() => -65536)],
];

class Training {
  readonly variables = SIZES.map(size => tf.tidy(() => tf.variable(tf.ones([size]))));
  readonly optimizer: Optimizer = lookahead(adam(0.1, {wd: 0, eps: 1e-8}), {k: 2});
  readonly #gradients = this.variables.map(({name, shape}) => ({name, tensor: tf.ones(shape)}));
  /** These share the variables' data, so that a step must allocate new data. */
  readonly #sharing: tf.Tensor[] = [];

  step(): void {
    this.optimizer.applyGradients(this.#gradients);
  }

  share(): void {
    this.#sharing.push(...this.variables.map(variable => variable.reshape([1, variable.size])));
  }

  values(): number[][] {
    const state = this.variables.flatMap(variable => Object.values(this.optimizer.state.get(variable)));
    return [...this.variables, ...state].map(value =>
      value instanceof tf.Tensor ? Array.from(value.dataSync()) : [Number(value)],
    );
  }

  dispose(): void {
    this.optimizer.dispose();
    tf.dispose([this.variables, this.#sharing, this.#gradients.map(({tensor}) => tensor)]);
  }
}

describeBackends(
  'a step in the middle of which memory runs out',
  backend => {
    for (const [on, how, failure] of FAILURES) {
      if (on !== backend) continue;
      for (const before of [0, 2]) {
        it(
          `leaves everything as it was, and the next one works, where an allocation ${how}, after ${before} ` +
            'steps',
          async () => {
            // This compiles. Without memory there, the step would run as ordinary operations.
            const first = new Training();
            for (let i = 0; i < 3; i++) first.step();
            first.dispose();
            let failing = 0;
            for (let failed = true; failed; failing++) {
              // This takes the room that an earlier step left.
              if (backend === 'wasm') await restartWasm({simd: true});
              await leakless(() => {
                const training = new Training();
                for (let i = 0; i < before; i++) training.step();
                training.share();
                const values = training.values();
                const {numTensors, numBytes} = tf.memory();
                const numDataIds = tf.backend().numDataIds();
                const end = failure(failing);
                try {
                  training.step();
                  failed = false;
                } catch (error) {
                  expect(String(error)).toMatch(/memory/);
                  expect(training.values()).toEqual(values);
                  expect(tf.memory()).toEqual(jasmine.objectContaining({numTensors, numBytes}));
                  expect(tf.backend().numDataIds()).toBe(numDataIds);
                } finally {
                  end();
                }
                if (failed) training.step();
                training
                  .values()
                  .slice(0, SIZES.length)
                  .forEach(of => {
                    // Adam moves by 0.1 per step here, and Lookahead takes half of the second step back.
                    expectClose(
                      of,
                      of.map(() => (before === 0 ? 0.9 : 0.8)),
                      1e-5,
                    );
                  });
                training.dispose();
              });
            }
            // Both variables; in the first step, the averages and the slow weights too.
            expect(failing).toBeGreaterThan(before === 0 ? 8 : 2);
          },
        );
      }
    }

    it("leaves everything as it was where the memory for the tiles can't grow", () =>
      leakless(() => {
        if (backend !== 'cpu') return;
        const names = Array.from({length: 60}, (_, i) => `entry${i}`);
        const wide = callback(
          'wide',
          {hypers: {lr: required}, state: Object.fromEntries(names.map(name => [name, zeros]))},
          ({p, grad, lr, ...entries}) => ({
            p: p.sub(grad.mul(lr)),
            ...Object.fromEntries(
              Object.entries(entries)
                .filter(([name]) => name.startsWith('entry'))
                .map(([name]) => [name, grad]),
            ),
          }),
        );
        const variable = tf.tidy(() => tf.variable(tf.ones([5])));
        const gradients = [{name: variable.name, tensor: tf.ones([5])}];
        const optimizer = new Optimizer([wide], {lr: 0.1});
        const end = replaceMethod(WebAssembly.Memory.prototype, 'grow', () => thrown);
        expect(() => {
          optimizer.applyGradients(gradients);
        }).toThrowError('out of memory');
        end();
        expectClose(variable.dataSync(), [1, 1, 1, 1, 1], 0);
        expect(optimizer.state.get(variable)).toEqual({});
        optimizer.applyGradients(gradients);
        expectClose(variable.dataSync(), [0.9, 0.9, 0.9, 0.9, 0.9], 1e-6);
        optimizer.dispose();
        tf.dispose([variable, present(gradients[0]).tensor]);
      }));
  },
  ['cpu', 'wasm'],
);
