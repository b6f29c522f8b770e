import * as tf from '@tensorflow/tfjs';

/** Waits until the GPU is through with all that `tensor` takes. */
export async function finished(tensor: tf.Tensor): Promise<void> {
  const one = tf.tidy(() => tensor.flatten().slice(0, 1));
  // `data()` of WebGL waits for a timer of some milliseconds.
  if (tf.getBackend() === 'webgl') one.dataSync();
  else await one.data();
  one.dispose();
}

/** The same values; on WebGL in a texture of one value a texel. */
export function unpackedCopy(tensor: tf.Tensor): tf.Tensor {
  return tensor.square().sub(0.5).square();
}

const LAUNCHES = ['drawArrays', 'drawElements', 'dispatchWorkgroups'];
const COMPILES = ['linkProgram', 'createComputePipeline'];

/** Counts draws or dispatches, and compiled programs; what reads the result is among them. */
export async function callsDuring(act: () => Promise<void>): Promise<{launched: number; compiled: number}> {
  const counts = {launched: 0, compiled: 0};
  const undo = ['WebGL2RenderingContext', 'GPUComputePassEncoder', 'GPUDevice'].flatMap(name => {
    const type: unknown = Reflect.get(globalThis, name);
    const prototype: unknown = typeof type === 'function' ? type.prototype : undefined;
    if (typeof prototype !== 'object' || prototype === null) return [];
    return [...LAUNCHES.map(method => [method, 'launched'] as const), ...COMPILES.map(method => [method, 'compiled'] as const)]
      .flatMap(([method, count]) => counted(prototype, method, () => { counts[count]++; }));
  });
  await act();
  undo.forEach(each => { each(); });
  return counts;
}

function counted(prototype: object, method: string, count: () => void): Array<() => void> {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  const original: unknown = descriptor?.value;
  if (descriptor === undefined || typeof original !== 'function') return [];
  Object.defineProperty(prototype, method, {...descriptor, value(this: unknown, ...values: unknown[]): unknown {
    count();
    const result: unknown = Reflect.apply(original, this, values);
    return result;
  }});
  return [() => { Object.defineProperty(prototype, method, descriptor); }];
}
