import {fusedBackends} from '../fuse/backends';
import {warnWhereItFails} from '../fuse/failed_backend';
import {webgpuBackend} from '../fuse/webgpu/backend';

fusedBackends.set('webgpu', webgpuBackend);
warnWhereItFails('webgpu');
