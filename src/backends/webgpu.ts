import {fusedBackends} from '../fuse/backends';
import {webgpuBackend} from '../fuse/webgpu_backend';

fusedBackends.set('webgpu', webgpuBackend);
