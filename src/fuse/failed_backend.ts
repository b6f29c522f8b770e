import {engine} from '@tensorflow/tfjs-core';

import {warnOnce} from '../util/warn';
import {backendChecks, fusedBackends, IMPORTS} from './backends';

/**
 * Backends that TensorFlow.js starts asynchronously. Where a start fails, `setBackend` gives false, and TensorFlow.js
 * uses another backend.
 */
const STARTED_LATER = ['wasm', 'webgpu'];

/**
 * Makes steps warn where TensorFlow.js could not start a backend whose kernels were imported, and another backend runs
 * them.
 */
export function warnWhereItFails(backend: 'wasm' | 'webgpu'): void {
  backendChecks.push(current => {
    if (STARTED_LATER.includes(current) || !hasFailed(backend)) return;
    const hint =
      backend === 'wasm'
        ? ' A bundled page must call setWasmPaths first: see "Bundled pages" in docs/wasm_training.md.'
        : '';
    warnOnce(
      `optimizers run on ${current}: the kernels of the backend ${backend} were imported, but the backend did not ` +
        `start.${hint}`,
    );
  });
}

function hasFailed(backend: string): boolean {
  // Node and script tags import all kernels, which says nothing about the backend that the user chose.
  if ([...IMPORTS].every(name => fusedBackends.has(name))) return false;
  const {registry, registryFactory} = engine();
  // TensorFlow.js counts how often it began to start a backend. A version that does not count gets no warning.
  const starts: unknown = Reflect.get(engine(), 'pendingBackendInitId');
  const started = STARTED_LATER.filter(name => name in registry);
  return (
    typeof starts === 'number' && starts > started.length && backend in registryFactory && !started.includes(backend)
  );
}
