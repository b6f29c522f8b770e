import type {FusedBackend} from './kernel';

/**
 * The backends that steps are fused on, by the name that TensorFlow.js knows them by: those whose file in
 * `src/backends/` was imported.
 */
export const fusedBackends = new Map<string, FusedBackend>();

/** Backends whose kernels a bundled page imports. */
export const IMPORTS: ReadonlySet<string> = new Set(['cpu', 'wasm', 'webgpu']);

/** What a page has to do to fuse on the backend; undefined where it did, or where nothing would help. */
export function missingImport(backend: string): string | undefined {
  return IMPORTS.has(backend) && !fusedBackends.has(backend)
    ? `the backend ${backend} takes import 'tfjs-optim/${backend}'`
    : undefined;
}

/** Called with the backend of a step, where it is another than that of the step before. */
export const backendChecks: Array<(current: string) => void> = [];
