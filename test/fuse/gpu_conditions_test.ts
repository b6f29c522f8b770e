import {
  adam,
  type Callback,
  callback,
  lamb,
  larc,
  Optimizer,
  required,
  scalar,
  sgd,
  type Value,
  zeros,
} from '../../src';
import {type BackendName, describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {methodCalls, replaceMethod} from '../support/replace_method';
import {restartBackend, restartWebGL} from '../support/restart';
import {tf} from '../support/tfjs';
import {webgl} from '../support/webgl';
import {webgpu} from '../support/webgpu';

const ALL: readonly BackendName[] = ['cpu', 'wasm', 'webgl', 'webgpu'];

const norms = callback('normsHere', {state: {norm: scalar, memory: zeros}}, ({p, grad, norm, memory}) => ({
  p: p.sub(memory.mul(norm)),
  memory: memory.add(grad),
  norm: norm.mul(0.5).add(grad.square().mean().sqrt()),
}));
const clipped = callback(
  'clippedHere',
  {hypers: {maxNorm: required}, total: ({grad}) => ({sq: grad.square().sum()})},
  ({grad, maxNorm, total}) => ({grad: grad.mul(total.sq.sqrt().div(maxNorm).maximum(1).pow(-1))}),
);
const centred = callback('centredHere', {total: ({grad}) => ({mean: grad.mean()})}, ({grad, total}) => ({
  grad: grad.sub(total.mean),
}));
const plain = callback('plainHere', {}, ({p, grad}) => ({p: p.sub(grad)}));
const RULES: Readonly<Record<string, () => Optimizer>> = {
  adam: () => adam(0.1, {wd: 0.1}),
  lamb: () => lamb(0.1),
  'scalar state': () => new Optimizer<readonly Callback[]>([norms], {}),
  'one total after another': () => new Optimizer<readonly Callback[]>([clipped, centred, plain], {maxNorm: 0.5}),
};

/** A run to inspect: all values are on the device before the first step. */
class Training {
  readonly variables: readonly tf.Variable[];
  readonly #gradients: ReadonlyArray<{name: string; tensor: tf.Tensor}>;

  constructor(
    readonly optimizer: Optimizer,
    shapes: readonly number[][] = [[3, 5], [7]],
  ) {
    this.variables = shapes.map(shape => tf.tidy(() => tf.variable(onDevice(shape, 1))));
    this.#gradients = this.variables.map(({name, shape}) => ({name, tensor: onDevice(shape, 2)}));
  }

  step(): void {
    this.optimizer.applyGradients([...this.#gradients]);
  }

  /** The message of what a step throws. */
  failure(): string {
    try {
      this.step();
      return '';
    } catch (error) {
      return String(error);
    }
  }

  /** tfjs's WebGPU backend can move only values on the host to another backend. */
  async onHost(): Promise<void> {
    const entries = this.variables.flatMap(variable => Object.values(this.optimizer.state.get(variable)));
    const tensors = [
      ...this.variables,
      ...this.#gradients.map(({tensor}) => tensor),
      ...entries.flatMap(entry => (entry instanceof tf.Tensor ? [entry] : [])),
    ];
    await Promise.all(tensors.map(tensor => tensor.data()));
  }

  async values(): Promise<Record<string, number[]>> {
    const values: Record<string, number[]> = {};
    for (const [i, variable] of this.variables.entries()) {
      values[`p${i}`] = [...(await variable.data())];
      for (const [name, entry] of Object.entries(this.optimizer.state.get(variable))) {
        values[`${name}${i}`] = entry instanceof tf.Tensor ? [...(await entry.data())] : [Number(entry)];
      }
    }
    return values;
  }

  dispose(): void {
    this.optimizer.dispose();
    tf.dispose([...this.variables, ...this.#gradients.map(({tensor}) => tensor)]);
  }
}

function onDevice(shape: number[], of: number): tf.Tensor {
  return tf.tidy(() =>
    tf
      .tensor(
        Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => Math.sin(i + of)),
        shape,
        'float32',
      )
      .add(0),
  );
}

function counts(): number[] {
  const {numTensors, numDataBuffers, numBytes} = tf.memory();
  return [numTensors, numDataBuffers, numBytes];
}

function prototypeOf(name: string): object {
  const type: unknown = Reflect.get(globalThis, name);
  const prototype: unknown = typeof type === 'function' ? type.prototype : undefined;
  if (typeof prototype !== 'object' || prototype === null) throw new Error(`There is no ${name} here.`);
  return prototype;
}

function isTensorLike(x: unknown): x is Value {
  return typeof x === 'object' && x !== null && 'add' in x;
}

describeBackends(
  'a step on a GPU',
  (backend, place) => {
    for (const [name, make] of Object.entries(RULES)) {
      for (const method of ['uploadToGPU', 'makeTensorInfo']) {
        it(`leaves everything as it was wherever ${method} fails: ${name}`, () =>
          leakless(async () => {
            const smooth = new Training(make());
            const training = new Training(make());
            for (let step = 0; step < 2; step++) {
              smooth.step();
              let isThrough = false;
              for (let n = 1; !isThrough; n++) {
                const before = await training.values();
                const memory = counts();
                let calls = 0;
                const undo = replaceMethod(tf.backend(), method, original => (...values) => {
                  if (++calls === n) throw new Error('out of memory');
                  return original(...values);
                });
                const failure = training.failure();
                undo();
                isThrough = calls < n;
                expect(failure).toBe(isThrough ? '' : 'Error: out of memory');
                if (isThrough) continue;
                expect(counts()).withContext(`call ${n}`).toEqual(memory);
                expect(await training.values())
                  .withContext(`call ${n}`)
                  .toEqual(before);
              }
            }
            expect(await training.values()).toEqual(await smooth.values());
            smooth.dispose();
            training.dispose();
          }));
      }
    }

    it('reads nothing back', () => {
      const objects = backend === 'webgl' ? webgl().gpgpu.gl : prototypeOf('GPUBuffer');
      const reading = [
        'readPixels',
        'finish',
        'getError',
        ...(place === 'webgl1' ? [] : ['getBufferSubData', 'fenceSync', 'clientWaitSync']),
      ];
      const methods = backend === 'webgl' ? reading : ['mapAsync', 'getMappedRange'];
      for (const make of Object.values(RULES)) {
        const training = new Training(make());
        for (let step = 0; step < 2; step++) training.step();
        expect(
          methodCalls(objects, methods, () => {
            training.step();
          }),
        ).toBe(0);
        training.dispose();
      }
    });

    it('adds no tensors from step to step', () => {
      for (const make of Object.values(RULES)) {
        const training = new Training(make());
        for (let step = 0; step < 2; step++) training.step();
        const before = tf.memory();
        for (let step = 0; step < 3; step++) training.step();
        expect(tf.memory()).toEqual(before);
        training.dispose();
      }
    });

    it('goes on where another backend was in between', () =>
      leakless(async () => {
        // Node has no WebGL, and some browsers have no WebGPU.
        const others = ALL.filter(name => name in tf.engine().registryFactory);
        const runs: Array<Record<string, number[]>> = [];
        for (const isFused of [true, false]) {
          const training = new Training(lamb(0.1));
          for (const other of others) {
            for (const on of [backend, other, other, backend]) {
              if (tf.getBackend() === 'webgpu') await training.onHost();
              await tf.setBackend(on);
              tf.env().set('OPTIM_FUSING', isFused);
              training.step();
            }
          }
          tf.env().set('OPTIM_FUSING', true);
          runs.push(await training.values());
          training.dispose();
        }
        for (const [name, values] of Object.entries(present(runs[1])))
          expectClose(present(present(runs[0])[name]), values, 3e-6, name);
      }));

    it('runs eagerly, with one warning, where a rule has more tensors than a shader can read', () =>
      leakless(async () => {
        const warnings = spyOn(console, 'warn');
        const names = Array.from({length: 40}, (_, i) => `entry${i}`);
        const wide = callback(
          `wide${place}`,
          {state: Object.fromEntries(names.map(name => [name, zeros]))},
          ({p, grad, ...entries}) => ({
            p: p.sub(grad),
            ...Object.fromEntries(
              Object.entries(entries)
                .filter(([name]) => name.startsWith('entry'))
                .map(([name, entry]) => [name, isTensorLike(entry) ? entry.add(grad) : grad]),
            ),
          }),
        );
        const training = new Training(new Optimizer<readonly Callback[]>([wide], {}));
        const expected = new Training(new Optimizer<readonly Callback[]>([plain], {}));
        for (let step = 0; step < 2; step++) {
          training.step();
          expected.step();
        }
        expect(training.optimizer.fusedOn).toMatch(
          /^eager: a step needs \d+ tensors per parameter; this machine's shaders can (read|bind) \d+/,
        );
        expect(warnings.calls.count()).toBeLessThanOrEqual(1);
        for (const [i, variable] of training.variables.entries())
          expectClose(await variable.data(), present(await present(expected.variables[i]).data()), 1e-6);
        training.dispose();
        expected.dispose();
      }));

    it('runs eagerly, with one warning, where a shader can not be compiled', () =>
      leakless(async () => {
        const warnings = spyOn(console, 'warn');
        // A new structure: a compiled shader would be used again.
        const unlike = callback('unlikeHere', {hypers: {lr: required}}, ({p, grad, lr}) => ({
          p: p.sub(grad.mul(lr).add(0).add(0).add(0)),
        }));
        const device: unknown = Reflect.get(tf.backend(), 'device');
        const [object, method] =
          backend === 'webgl' ? [webgl().gpgpu.gl, 'getProgramParameter'] : [device, 'createShaderModule'];
        if (typeof object !== 'object' || object === null) throw new Error('The backend has no method that compiles.');
        // No warning comes twice.
        const undoLog =
          backend === 'webgl'
            ? replaceMethod(object, 'getProgramInfoLog', () => () => `not today, ${place}`)
            : () => undefined;
        const training = new Training(new Optimizer([unlike], {lr: 0.5}));
        const expected = new Training(sgd(0.5));
        const undo = replaceMethod(object, method, original => (...values) => {
          if (!training.optimizer.fusedOn.startsWith('eager') && backend === 'webgpu')
            throw new Error('no shaders today');
          return training.optimizer.fusedOn.startsWith('eager') ? original(...values) : false;
        });
        training.step();
        undo();
        undoLog();
        training.step();
        for (let step = 0; step < 2; step++) expected.step();
        expect(training.optimizer.fusedOn).toMatch(
          backend === 'webgl' ? /^eager: a shader could not be compiled/ : /^eager: no shaders today/,
        );
        expect(warnings).toHaveBeenCalledTimes(1);
        for (const [i, variable] of training.variables.entries())
          expectClose(await variable.data(), present(await present(expected.variables[i]).data()), 1e-6);
        training.dispose();
        expected.dispose();
      }));
  },
  ['webgl', 'webgl1', 'webgpu'],
);

async function moveWithoutGradient(eps: number): Promise<number> {
  const variable = tf.tidy(() => tf.variable(onDevice([200], 1)));
  const gradient = tf.tidy(() => onDevice([200], 1).mul(0));
  const optimizer = adam(0.1, {eps, wd: 0});
  const [before = 0] = await variable.data();
  optimizer.applyGradients([{name: variable.name, tensor: gradient}]);
  const [after = 0] = await variable.data();
  optimizer.dispose();
  tf.dispose([variable, gradient]);
  return before - after;
}

describeBackends(
  'WebGL 1 whose draws have one target',
  () => {
    it('makes one draw per output, and computes the same', async () => {
      const {gl} = webgl().gpgpu;
      const training = new Training(lamb(0.1, {wd: 0.1}));
      const draws = (run: () => void): number => methodCalls(gl, ['drawArrays'], run);
      const first = draws(() => {
        training.step();
      });
      const expected = await training.values();
      training.dispose();

      const restore = replaceMethod(
        gl,
        'getExtension',
        original =>
          (...names) =>
            names[0] === 'WEBGL_draw_buffers' ? null : original(...names),
      );
      await restartBackend('webgl');
      const other = new Training(lamb(0.1, {wd: 0.1}));
      // Two more for the outputs of a parameter; in each of LAMB's two passes that reduce (largest magnitudes, then
      // sums) one more for its reductions, and one more that combines their parts.
      expect(
        draws(() => {
          other.step();
        }),
      ).toBe(first + training.variables.length * (2 + 2) + 2);
      expect(other.optimizer.fusedOn).toBe('webgl');
      expect(await other.values()).toEqual(expected);
      other.dispose();
      restore();
      await restartBackend('webgl');
    });
  },
  ['webgl1'],
);

describeBackends(
  'WebGL without float32 textures',
  (_, place) => {
    it('runs steps eagerly, with one warning', async () => {
      // Both versions are tried here, and no warning comes twice.
      if (place === 'webgl1') pending('It runs on webgl.');
      const warnings = spyOn(console, 'warn');
      for (const version of [2, 1]) {
        const restore = await restartWebGL({WEBGL_VERSION: version, WEBGL_FORCE_F16_TEXTURES: true});
        const training = new Training(adam(0.1, {eps: 1e-3}));
        training.step();
        const found = await training.values();
        expect(training.optimizer.fusedOn).toMatch(/^eager: .*needs packed float32 textures/);
        training.dispose();
        expect(await moveWithoutGradient(1e-3)).toBe(0);
        // Half floats can't hold 1e-8, and 0/0 is 1 on WebGL.
        expectClose([await moveWithoutGradient(1e-8)], [1], 1e-3);
        await tf.setBackend('cpu');
        const expected = new Training(adam(0.1, {eps: 1e-3}));
        expected.step();
        for (const [name, values] of Object.entries(await expected.values()))
          expectClose(present(found[name]), values, 2e-3, name);
        expected.dispose();
        await restore();
      }
      expect(warnings.calls.allArgs().filter(([text]) => String(text).includes('tfjs-optim')).length).toBe(1);
      const training = new Training(larc(0.1));
      training.step();
      expect(training.optimizer.fusedOn).toBe('webgl');
      training.dispose();
    });
  },
  ['webgl'],
);

describeBackends(
  'a WebGL context',
  (_, place) => {
    it('moves no weight without a gradient, however small eps is', async () => {
      expect(await moveWithoutGradient(1e-8)).toBe(0);
    });

    it('is not written where a texture has no memory', async () => {
      const {gl} = webgl().gpgpu;
      for (let n = 1; n <= 3; n++) {
        // A new shape: a texture that exists would be used again.
        const training = new Training(adam(0.1), [[20 + 2 * n, 6]]);
        const before = await training.values();
        let calls = 0;
        const undo = replaceMethod(
          gl,
          place === 'webgl1' ? 'texImage2D' : 'texStorage2D',
          original =>
            (...values) =>
              ++calls === n ? undefined : original(...values),
        );
        const failure = training.failure();
        undo();
        expect(calls).toBe(2);
        if (n > calls) expect(failure).toBe('');
        else {
          expect(failure).toMatch(/ran out of memory/);
          // tfjs's pool hands out the texture without memory again.
          expect(training.failure()).toMatch(/ran out of memory/);
          expect(await training.values()).toEqual(before);
        }
        training.dispose();
      }
      await restartBackend('webgl');
    });

    it('that was lost changes nothing, even once it is back; the backend works when registered again', async () => {
      const lost = new Training(adam(0.1));
      lost.step();
      const before = await lost.values();
      const {gl} = webgl().gpgpu;
      const event = (name: string): Promise<unknown> =>
        new Promise(resolve => {
          gl.canvas.addEventListener(
            name,
            given => {
              given.preventDefault();
              resolve(undefined);
            },
            {once: true},
          );
        });
      const extension = gl.getExtension('WEBGL_lose_context');
      const [gone, back] = [event('webglcontextlost'), event('webglcontextrestored')];
      extension?.loseContext();
      expect(lost.failure()).toMatch(/lost the WebGL context, so nothing was updated/);
      await gone;
      // The event ends here.
      await new Promise(resolve => {
        setTimeout(resolve, 0);
      });
      extension?.restoreContext();
      await back;
      expect(gl.isContextLost()).toBe(false);
      expect(lost.failure()).toMatch(/lost the WebGL context, so nothing was updated/);
      expect(await lost.values()).toEqual(before);
      lost.dispose();

      await restartBackend('webgl');
      const [training, expected] = [new Training(adam(0.1)), new Training(adam(0.1))];
      training.step();
      expect(await training.values()).toEqual(before);
      expect(training.optimizer.fusedOn).toBe('webgl');
      training.dispose();
      expected.dispose();
    });
  },
  ['webgl', 'webgl1'],
);

describeBackends(
  'a WebGPU device without room for a buffer, which it reports only after the step',
  () => {
    it('is what a lost device counts as', async () => {
      const training = new Training(adam(0.1));
      const undo = replaceMethod(webgpu().device, 'popErrorScope', original => () => {
        void original();
        return Promise.reject(new Error('The device is lost.'));
      });
      training.step();
      undo();
      await new Promise(resolve => {
        setTimeout(resolve, 0);
      });
      expect(training.failure()).toMatch(/^Error: The GPU had no memory for '\w+' of '.+'/);
      training.dispose();
    });

    it('runs no part of the step, and the next one throws', async () => {
      for (const n of [1, 3]) {
        // tfjs's pool has no buffers of these sizes.
        const training = new Training(adam(0.1), [[n, 101], [n + 200]]);
        const before = await training.values();
        const backend = webgpu();
        const {device} = backend;
        const told: string[] = [];
        const listen = (event: Event): void => {
          event.preventDefault();
          told.push(event.type);
        };
        if (!(device instanceof EventTarget)) throw new Error('The device reports no errors.');
        device.addEventListener('uncapturederror', listen);
        let made = 0;
        // Another kind of error replaces the lack of memory here.
        const asked = replaceMethod(device, 'pushErrorScope', original => () => original('validation'));
        const undo = replaceMethod(device, 'createBuffer', original => descriptor => {
          // For a buffer that the host fills, it would report the error at once.
          if (
            !(descriptor instanceof Object && 'size' in descriptor) ||
            Reflect.get(descriptor, 'mappedAtCreation') === true ||
            ++made !== n
          )
            return original(descriptor);
          // tfjs's pool sorts buffers by the size that it asked for.
          const buffer = original(Object.assign({}, descriptor, {size: 2 ** 50}));
          return buffer instanceof Object ? Object.defineProperty(buffer, 'size', {value: descriptor.size}) : buffer;
        });
        training.step();
        // tfjs's reads in the same submission do not run either.
        backend.endComputePassEncoder();
        backend.submitQueue();
        undo();
        asked();
        expect(made).toBeGreaterThanOrEqual(n);
        for (const [i, variable] of training.variables.entries())
          expect([...(await variable.data())]).toEqual(present(before[`p${i}`]));
        expect(told.length).toBeGreaterThan(0);
        device.removeEventListener('uncapturederror', listen);
        const {numTensors, numBytes} = tf.memory();
        expect(training.failure()).toMatch(
          /^Error: The GPU had no memory for '\w+' of '.+': no step since then has changed anything/,
        );
        expect(tf.memory()).toEqual(jasmine.objectContaining({numTensors, numBytes}));
        training.dispose();
      }
    });
  },
  ['webgpu'],
);

describeBackends('a step after a reset of the engine', backend => {
  it('fuses as before', async () => {
    const flags = {...tf.env().getFlags()};
    const results: Array<Record<string, number[]>> = [];
    for (let i = 0; i < 2; i++) {
      const training = new Training(adam(0.1));
      training.step();
      results.push(await training.values());
      expect(training.optimizer.fusedOn).toBe(backend);
      if (i === 0) tf.engine().reset();
      else training.dispose();
      tf.env().setFlags(flags);
      await tf.setBackend(backend);
    }
    expect(results[0]).toEqual(results[1]);
  });
});
