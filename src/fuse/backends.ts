import type {FusedBackend} from './kernel';

/** The backends that steps are fused on, by the name that TensorFlow.js knows them by. */
export const fusedBackends: ReadonlyMap<string, FusedBackend> = new Map<string, FusedBackend>();
