import * as tf from '@tensorflow/tfjs';

/** Waits until the GPU has computed `tensor`. */
export async function finished(tensor: tf.Tensor): Promise<void> {
  // A slice is enough. A reshape could be a draw of all elements.
  const one = tensor.slice(
    tensor.shape.map(() => 0),
    tensor.shape.map(() => 1),
  );
  // On WebGL, `data()` waits for a timer of some milliseconds.
  if (tf.getBackend() === 'webgl') one.dataSync();
  else await one.data();
  one.dispose();
}

/** A tensor of the same shape. On WebGL its texture has one value per texel. */
export function unpackedCopy(tensor: tf.Tensor): tf.Tensor {
  return tensor.square().sub(0.5).square();
}

/** Starts a backend again, so that nothing is compiled. */
export async function restart(name: string): Promise<void> {
  const factory = tf.findBackendFactory(name);
  tf.removeBackend(name);
  tf.registerBackend(name, factory, 2);
  if (!(await tf.setBackend(name))) throw new Error(`The backend ${name} did not start.`);
}

const COUNTED = {
  /** Draws or dispatches. */
  launched: ['drawArrays', 'drawElements', 'dispatchWorkgroups'],
  /** Programs or pipelines. */
  compiled: ['linkProgram', 'createComputePipeline'],
  /** Textures or buffers that were taken from tfjs's pool. */
  taken: ['acquireTexture', 'acquireBuffer'],
  /** Textures or buffers that were created for that. */
  created: ['texStorage2D', 'texImage2D', 'createBuffer'],
};
export type Counts = Record<keyof typeof COUNTED, number>;

/** Counts the calls of the GPU that `act` makes. */
export function countsOf(act: () => void): Counts {
  const {counts, stop} = counting();
  act();
  stop();
  return counts;
}

/** The draws or dispatches that `act` makes until its promise is fulfilled. */
export async function launchesOf(act: () => Promise<void>): Promise<number> {
  const {counts, stop} = counting();
  await act();
  stop();
  return counts.launched;
}

function counting(): {readonly counts: Counts; readonly stop: () => void} {
  const counts: Counts = {launched: 0, compiled: 0, taken: 0, created: 0};
  const undo = objects().flatMap(object =>
    Object.entries(COUNTED).flatMap(([name, methods]) =>
      methods.flatMap(method =>
        counted(object, method, () => {
          for (const key of ['launched', 'compiled', 'taken', 'created'] as const) if (key === name) counts[key]++;
        }),
      ),
    ),
  );
  return {
    counts,
    stop: () => {
      undo.forEach(each => {
        each();
      });
    },
  };
}

function objects(): object[] {
  const backend = tf.backend();
  const found: unknown[] = [Reflect.get(backend, 'textureManager'), Reflect.get(backend, 'bufferManager')];
  for (const name of ['WebGL2RenderingContext', 'WebGLRenderingContext', 'GPUComputePassEncoder', 'GPUDevice']) {
    const type: unknown = Reflect.get(globalThis, name);
    if (typeof type === 'function') found.push(type.prototype);
  }
  return found.filter(object => typeof object === 'object' && object !== null);
}

function counted(object: object, method: string, count: () => void): Array<() => void> {
  const original: unknown = Reflect.get(object, method);
  if (typeof original !== 'function') return [];
  const own = Object.getOwnPropertyDescriptor(object, method);
  Object.defineProperty(object, method, {
    configurable: true,
    writable: true,
    value(this: unknown, ...values: unknown[]): unknown {
      count();
      const result: unknown = Reflect.apply(original, this, values);
      return result;
    },
  });
  return [
    () => {
      Reflect.deleteProperty(object, method);
      if (own !== undefined) Object.defineProperty(object, method, own);
    },
  ];
}
