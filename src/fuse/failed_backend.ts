import {engine} from '@tensorflow/tfjs-core';

import {warnOnce} from '../util/warn';
import {backendChecks, fusedBackends, IMPORTS} from './backends';

/**
 * Backends that TensorFlow.js starts asynchronously. Where that fails, `setBackend` gives false, and it goes on with
 * another backend.
 */
const STARTED_LATER = ['wasm', 'webgpu'];

/**
 * Has a step warn where its backend is another than this one, whose kernels were imported and which TensorFlow.js
 * could not start.
 */
export function warnWhereItFails(backend: 'wasm' | 'webgpu'): void {
  backendChecks.push(current => {
    if (STARTED_LATER.includes(current) || !hasFailed(backend)) return;
    const hint =
      backend === 'wasm'
        ? ' A bundled page has to call setWasmPaths first: see "Bundled pages" in docs/wasm_training.md.'
        : '';
    warnOnce(
      `optimizers run on ${current}, because the backend ${backend}, whose kernels were imported, did not start.${hint}`,
    );
  });
}

function hasFailed(backend: string): boolean {
  // Where all kernels are there, in Node and on pages of script tags, nobody chose one.
  if ([...IMPORTS].every(name => fusedBackends.has(name))) return false;
  const {registry, registryFactory} = engine();
  // TensorFlow.js counts how often it began to start a backend; a version that does not is asked nothing.
  const starts: unknown = Reflect.get(engine(), 'pendingBackendInitId');
  const started = STARTED_LATER.filter(name => name in registry);
  return (
    typeof starts === 'number' && starts > started.length && backend in registryFactory && !started.includes(backend)
  );
}
