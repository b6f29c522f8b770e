import {adam, ema, loadOptimizer, lookahead, type Optimizer, saveOptimizer} from '../src';
import {tensorsIn} from '../src/state/state_dict';
import {describeBackends} from './support/backends';
import {everyOptimizer} from './support/every_optimizer';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {tf} from './support/tfjs';

const SHAPES = [[2, 3], [3], []];

/** Everything that was saved, as a string. */
function savedBy(handler: ReturnType<typeof memoryHandler>): string {
  const {modelTopology, weightSpecs, weightData} = handler.artifacts();
  if (weightData === undefined) throw new Error('No weights were saved.');
  return JSON.stringify([
    modelTopology,
    weightSpecs,
    [...new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))],
  ]);
}

class Training {
  readonly variables = SHAPES.map(shape => tf.tidy(() => tf.variable(tf.ones(shape))));
  readonly optimizer: Optimizer;

  constructor(make: () => Optimizer) {
    this.optimizer = make();
  }

  steps(n: number): void {
    for (let i = 0; i < n; i++) {
      this.optimizer.minimize(
        () =>
          tf.tidy(() =>
            tf
              .addN(
                this.variables.map((variable, j) =>
                  variable
                    .sub(j + 2)
                    .square()
                    .sum(),
                ),
              )
              .asScalar(),
          ),
        false,
        this.variables,
      );
    }
  }

  async saved(): Promise<string> {
    const handler = memoryHandler();
    await saveOptimizer(this.optimizer, handler);
    return savedBy(handler);
  }

  dispose(): void {
    this.optimizer.dispose();
    tf.dispose(this.variables);
  }
}

/** Changes during a save. */
const MEANWHILE: Readonly<Record<string, (training: Training) => void | Promise<void>>> = {
  nothing: () => undefined,
  steps: training => {
    training.steps(2);
  },
  'steps, each some time later': async training => {
    for (let i = 0; i < 8; i++) {
      training.steps(1);
      await Promise.resolve();
    }
  },
  'an exchange of hypers': training => {
    training.optimizer.setHyper('lr', 0.5);
  },
  'clearing the state': training => {
    training.optimizer.clearState();
  },
  'setting the state': training => {
    const dict = training.optimizer.stateDict();
    training.steps(1);
    training.optimizer.loadStateDict(dict);
    tf.dispose(tensorsIn(dict));
  },
  'freeing the optimizer': training => {
    training.optimizer.dispose();
  },
  'another optimizer taking over': training => {
    const outer = ema(training.optimizer);
    training.variables.forEach(variable => {
      tf.tidy(() => {
        outer.applyGradients({[variable.name]: tf.onesLike(variable)});
      });
    });
    outer.dispose();
  },
};

const FEW = ['adam', 'ranger'];

describeBackends(
  'saveOptimizer saves the values at the call',
  backend => {
    for (const {name, make} of everyOptimizer) {
      if (backend !== 'cpu' && backend !== 'wasm' && !FEW.includes(name)) continue;
      for (const [what, act] of Object.entries(MEANWHILE)) {
        if (what === 'another optimizer taking over' && name.startsWith('scheduleFree')) continue;
        it(`of ${name}, with ${what} before it is awaited`, () =>
          leakless(async () => {
            const training = new Training(() => make(0.01));
            training.steps(3);
            const expected = await training.saved();
            const handler = memoryHandler();
            const saving = saveOptimizer(training.optimizer, handler);
            await act(training);
            await saving;
            expect(savedBy(handler)).toBe(expected);
            training.dispose();
          }));
      }
    }

    it('also twice at once, with steps in between', () =>
      leakless(async () => {
        const [training, twin] = [0, 1].map(() => new Training(() => lookahead(adam(0.01), {k: 2})));
        if (training === undefined || twin === undefined) return;
        training.steps(3);
        const handlers = [0, 1, 2].map(() => memoryHandler());
        const savings = handlers.map(handler => {
          const saving = saveOptimizer(training.optimizer, handler);
          training.steps(1);
          return saving;
        });
        await Promise.all(savings);
        twin.steps(3);
        for (const handler of handlers) {
          const loaded = await loadOptimizer(handler, {params: twin.variables});
          expect(loaded.iterations).toBe(twin.optimizer.iterations);
          for (const variable of twin.variables) {
            for (const [entry, value] of Object.entries(twin.optimizer.state.get(variable))) {
              const other = loaded.state.get(variable)[entry];
              expect(other instanceof tf.Tensor ? await other.data() : other).toEqual(
                value instanceof tf.Tensor ? await value.data() : value,
              );
            }
          }
          loaded.dispose();
          twin.steps(1);
        }
        training.dispose();
        twin.dispose();
      }));

    it('leaves nothing where the handler fails', () =>
      leakless(async () => {
        const training = new Training(() => adam(0.01));
        training.steps(1);
        // The tensors for the next save exist then.
        await training.saved();
        await leakless(async () => {
          await expectAsync(
            saveOptimizer(training.optimizer, {save: () => Promise.reject(new Error('no disk'))}),
          ).toBeRejectedWithError('no disk');
        });
        training.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describeBackends(
  'getWeights gives the values at the call, if it is awaited at once',
  () => {
    const read = async (weights: ReturnType<Optimizer['getWeights']>): Promise<number[]> => {
      const {data} = await tf.io.encodeWeights(await weights);
      return [...new Uint8Array(data)];
    };

    for (const [what, act] of Object.entries(MEANWHILE)) {
      if (what === 'freeing the optimizer' || what === 'another optimizer taking over') continue;
      it(`with ${what} before it is read`, () =>
        leakless(async () => {
          const training = new Training(() => ema(adam(0.01)));
          training.steps(3);
          const expected = await read(training.optimizer.getWeights());
          const reading = read(training.optimizer.getWeights());
          await act(training);
          expect(await reading).toEqual(expected);
          training.dispose();
        }));
    }

    it('twice at once', () =>
      leakless(async () => {
        const [training, twin] = [0, 1].map(() => new Training(() => adam(0.01)));
        if (training === undefined || twin === undefined) return;
        const expected = [];
        const readings = [];
        for (let i = 0; i < 3; i++) {
          training.steps(1);
          twin.steps(1);
          expected.push(await read(twin.optimizer.getWeights()));
          readings.push(read(training.optimizer.getWeights()));
        }
        expect(await Promise.all(readings)).toEqual(expected);
        expect(expected[0]).not.toEqual(expected[1]);
        training.dispose();
        twin.dispose();
      }));

    it('and disposes the tensors that a step replaced', () =>
      leakless(async () => {
        const training = new Training(() => adam(0.01));
        training.steps(1);
        await training.optimizer.getWeights();
        await new Promise(resolve => {
          setTimeout(resolve);
        });
        const {numTensors, numBytes} = tf.memory();
        for (let i = 0; i < 5; i++) {
          const weights = training.optimizer.getWeights();
          training.steps(1);
          await weights;
          await new Promise(resolve => {
            setTimeout(resolve);
          });
          expect(tf.memory()).toEqual(jasmine.objectContaining({numTensors, numBytes}));
          training.steps(1);
          expect(tf.memory()).toEqual(jasmine.objectContaining({numTensors, numBytes}));
        }
        training.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);
