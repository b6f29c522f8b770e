import {fusedBackends} from '../fuse/backends';
import {wasmBackend} from '../fuse/wasm_backend';

fusedBackends.set('wasm', wasmBackend);
