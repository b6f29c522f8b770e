// tfjs-core's own specs of operations, on the WASM backend with our kernels.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training/index';

import {setTestEnvs, setupTestFilters} from '@tensorflow/tfjs-core/dist/jasmine_util';

// The forward passes that tfjs's WASM backend lacks, with its errors. Those kernels are not ours.
const UNSUPPORTED_BY_TFJS: readonly {readonly name: RegExp; readonly reason: string}[] = [
  {name: /^(fused )?conv2d (?!transpose).*NCHW/i, reason: 'Conv2D and FusedConv2D take NHWC only'},
  {
    name: /fused .*conv2d.* (basic|im2row) with broadcasted bias/i,
    reason: 'FusedConv2D and FusedDepthwiseConv2D take a bias of rank 1 only',
  },
  {name: /fused .*conv2d.* p=0 with bias$/i, reason: 'the bias of this spec is of rank 4'},
  {name: /fused A x B with 2d bias/, reason: '_FusedMatMul takes a bias of rank 1 only'},
  {name: /matmul.*upcasts when dtypes dont match/i, reason: 'BatchMatMul takes float32 only'},
  {name: /tile .*string tensor/, reason: 'Tile aborts on strings'},
];

setTestEnvs([{name: 'wasm', backendName: 'wasm', isDataSync: true}]);
setupTestFilters([], name => !UNSUPPORTED_BY_TFJS.some(one => one.name.test(name)));
