import {fusedBatchNorm} from './batch_norm';
import {add, multiply, sub} from './channels';
import {conv2DBackpropFilter} from './conv2d_backprop_filter';
import {conv2DBackpropInput} from './conv2d_backprop_input';
import {conv3DBackpropFilterV2, conv3DBackpropInputV2} from './conv3d_backprop';
import {depthwiseConv2dNativeBackpropFilter, depthwiseConv2dNativeBackpropInput} from './depthwise_conv2d_backprop';
import {cast, identity} from './identity';
import type {TrainingKernel} from './kernel';
import {batchMatMul, fusedMatMul} from './mat_mul';
import {maxPool3D, maxPool3DGrad, maxPoolGrad} from './max_pool';
import {mean, sum} from './reduce';
import {tile} from './tile';
import {unsortedSegmentSum} from './unsorted_segment_sum';

/**
 * What is wrong with tfjs's own kernel: it is missing; it is slower; or its results differ from those of tfjs's other
 * backends. In the last two cases ours replaces it, in the versions of tfjs that are known to be faulty.
 */
type Fault = 'missing' | 'slow' | 'wrong';

export interface TrainingKernelRow {
  /** The kernel's name in tfjs. */
  readonly name: string;
  readonly kernel: TrainingKernel;
  readonly fault: Fault;
}

/** All kernels of this folder. */
export const TRAINING_KERNELS: readonly TrainingKernelRow[] = [
  {name: 'Conv2DBackpropFilter', kernel: conv2DBackpropFilter, fault: 'missing'},
  {name: 'DepthwiseConv2dNativeBackpropFilter', kernel: depthwiseConv2dNativeBackpropFilter, fault: 'missing'},
  {name: 'DepthwiseConv2dNativeBackpropInput', kernel: depthwiseConv2dNativeBackpropInput, fault: 'missing'},
  {name: 'UnsortedSegmentSum', kernel: unsortedSegmentSum, fault: 'missing'},
  {name: 'Conv2DBackpropInput', kernel: conv2DBackpropInput, fault: 'slow'},
  {name: 'BatchMatMul', kernel: batchMatMul, fault: 'slow'},
  {name: '_FusedMatMul', kernel: fusedMatMul, fault: 'slow'},
  {name: 'Identity', kernel: identity, fault: 'slow'},
  {name: 'Cast', kernel: cast, fault: 'slow'},
  {name: 'Sum', kernel: sum, fault: 'slow'},
  {name: 'Mean', kernel: mean, fault: 'slow'},
  {name: 'Add', kernel: add, fault: 'slow'},
  {name: 'Sub', kernel: sub, fault: 'slow'},
  {name: 'Multiply', kernel: multiply, fault: 'slow'},
  {name: 'FusedBatchNorm', kernel: fusedBatchNorm, fault: 'slow'},
  {name: 'Tile', kernel: tile, fault: 'slow'},
  {name: 'Conv3DBackpropFilterV2', kernel: conv3DBackpropFilterV2, fault: 'wrong'},
  {name: 'Conv3DBackpropInputV2', kernel: conv3DBackpropInputV2, fault: 'wrong'},
  {name: 'MaxPoolGrad', kernel: maxPoolGrad, fault: 'wrong'},
  {name: 'MaxPool3D', kernel: maxPool3D, fault: 'wrong'},
  {name: 'MaxPool3DGrad', kernel: maxPool3DGrad, fault: 'wrong'},
];
