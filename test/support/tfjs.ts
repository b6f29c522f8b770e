// `tf` of every spec, in the browser and in Node: core, layers, chained methods and gradients as applications have
// them. The entry of each bundle adds the WASM and WebGPU backends.
export * as tf from '@tensorflow/tfjs';
