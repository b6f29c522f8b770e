import {tf} from '../support/tfjs';

/** Starts tfjs's WASM backend anew: its build with vectors, or the one without. */
export async function restartWasm({simd}: {readonly simd: boolean}): Promise<void> {
  const factory = tf.findBackendFactory('wasm');
  tf.removeBackend('wasm');
  tf.env().set('WASM_HAS_SIMD_SUPPORT', simd);
  tf.registerBackend('wasm', factory, 2);
  if (!await tf.setBackend('wasm')) throw new Error('The WASM backend did not start again.');
  await tf.ready();
}
