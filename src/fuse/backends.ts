import {engine} from '@tensorflow/tfjs-core';
import type {FusedBackend} from './kernel';

/** The backends that steps are fused on, by the name that TensorFlow.js knows them by: those whose file in `src/backends/` was imported. */
export const fusedBackends = new Map<string, FusedBackend>();

const IMPORTS: ReadonlySet<string> = new Set(['cpu', 'wasm', 'webgpu']);

/** What a page has to do to fuse on the backend; undefined where it did, or where nothing would help. */
export function missingImport(backend: string): string | undefined {
  return IMPORTS.has(backend) && !fusedBackends.has(backend) ? `the backend ${backend} takes import 'tfjs-optim/${backend}'` : undefined;
}

/** Backends that TensorFlow.js starts asynchronously, and says no more of where that fails than that `setBackend` gives false. */
const STARTED_LATER = ['wasm', 'webgpu'];

/** The backend whose kernels the page imported, and which failed to start, so that steps run on `current` instead; undefined where there is none. */
export function failedBackend(current: string): string | undefined {
  // Where all kernels are there, in Node and on pages of script tags, nobody chose one.
  if (STARTED_LATER.includes(current) || [...IMPORTS].every(name => fusedBackends.has(name))) return undefined;
  const {registry, registryFactory} = engine();
  const starts: unknown = Reflect.get(engine(), 'pendingBackendInitId');
  const started = STARTED_LATER.filter(name => name in registry);
  if (typeof starts !== 'number' || starts <= started.length) return undefined;
  return STARTED_LATER.find(name => fusedBackends.has(name) && name in registryFactory && !started.includes(name));
}
