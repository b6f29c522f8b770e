import type {FusedBackend} from './kernel';
import {cpuBackend} from './cpu_backend';
import {wasmBackend} from './wasm_backend';
import {webglBackend} from './webgl_backend';
import {webgpuBackend} from './webgpu_backend';

/** The backends that steps are fused on, by the name that TensorFlow.js knows them by. */
export const fusedBackends: ReadonlyMap<string, FusedBackend> = new Map([['cpu', cpuBackend], ['wasm', wasmBackend], ['webgl', webglBackend], ['webgpu', webgpuBackend]]);
