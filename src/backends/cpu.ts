import {fusedBackends} from '../fuse/backends';
import {cpuBackend} from '../fuse/cpu/backend';

fusedBackends.set('cpu', cpuBackend);
