import {fusedBackends} from '../fuse/backends';
import {webglBackend} from '../fuse/webgl/backend';

fusedBackends.set('webgl', webglBackend);
