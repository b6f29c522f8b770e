import {fusedBackends} from '../fuse/backends';
import {webglBackend} from '../fuse/webgl_backend';

fusedBackends.set('webgl', webglBackend);
