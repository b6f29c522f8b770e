import type {FusedBackend} from './kernel';

/**
 * The backends that steps are fused on, by their names in TensorFlow.js. A backend is added when its file in
 * `src/backends/` is imported.
 */
export const fusedBackends = new Map<string, FusedBackend>();

/** Backends whose kernels a bundled page must import. */
export const IMPORTS: ReadonlySet<string> = new Set(['cpu', 'wasm', 'webgpu']);

/** What a page must import to fuse on the backend. Undefined where it did, or where no import would help. */
export function missingImport(backend: string): string | undefined {
  return IMPORTS.has(backend) && !fusedBackends.has(backend)
    ? `the backend ${backend} needs import 'tfjs-optim/${backend}'`
    : undefined;
}

/** Called with the name of a step's backend where the step before had another backend. */
export const backendChecks: Array<(current: string) => void> = [];
