import type {BackendName} from './backends';
import {tf} from './tfjs';

/** Restarts a backend. Its variables are gone: those of a backend that was removed can't be disposed any more. */
export async function restartBackend(name: BackendName): Promise<void> {
  tf.disposeVariables();
  const factory = tf.findBackendFactory(name);
  tf.removeBackend(name);
  tf.registerBackend(name, factory, 2);
  if (!(await tf.setBackend(name))) throw new Error(`The backend ${name} did not start again.`);
  await tf.ready();
}

/** Restarts tfjs's WASM backend, in its build with or without vectors. */
export async function restartWasm({simd}: {readonly simd: boolean}): Promise<void> {
  tf.env().set('WASM_HAS_SIMD_SUPPORT', simd);
  await restartBackend('wasm');
}

/**
 * Restarts tfjs's WebGL backend with flags, without the values that tfjs found under other flags. @returns what
 * undoes both.
 */
export async function restartWebGL(flags: Readonly<Record<string, number | boolean>>): Promise<() => Promise<void>> {
  const before = {...tf.env().getFlags()};
  const start = async (given: typeof before): Promise<void> => {
    tf.env().reset();
    tf.env().setFlags(given);
    await restartBackend('webgl');
  };
  await start(flags);
  return () => start(before);
}
