import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgl';

import {setTestEnvs} from '@tensorflow/tfjs-core/dist/jasmine_util';

import {present} from '../support/present';

// Every suite resets the engine, which restarts the backend. That is too slow on software WebGPU.
setTestEnvs(
  present(process.env.TEST_BACKENDS)
    .split(',')
    .filter(name => name !== 'webgpu')
    .map(backendName => ({name: backendName, backendName})),
);
