import {fusedBackends} from '../fuse/backends';
import {warnWhereItFails} from '../fuse/failed_backend';
import {wasmBackend} from '../fuse/wasm_backend';

fusedBackends.set('wasm', wasmBackend);
warnWhereItFails('wasm');
