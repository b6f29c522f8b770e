/** The kernels that `tfjs-optim/wasm-training` adds where TensorFlow.js has none: a list by itself, since nothing else of it belongs into every bundle. */
export const KERNELS_OF_WASM_TRAINING: readonly string[] = [
  'Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter', 'DepthwiseConv2dNativeBackpropInput', 'UnsortedSegmentSum',
  'Conv3DBackpropFilterV2', 'Conv3DBackpropInputV2', 'MaxPoolGrad', 'MaxPool3D', 'MaxPool3DGrad',
];
