import {fusedBackends} from '../fuse/backends';
import {warnWhereItFails} from '../fuse/failed_backend';
import {wasmBackend} from '../fuse/wasm/backend';

fusedBackends.set('wasm', wasmBackend);
warnWhereItFails('wasm');
