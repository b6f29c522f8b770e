import {fusedBackends} from '../fuse/backends';
import {cpuBackend} from '../fuse/cpu_backend';

fusedBackends.set('cpu', cpuBackend);
