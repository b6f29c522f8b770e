/**
 * Runs TensorFlow.js's WebGPU backend in Node, on the machine's graphics card, through the package `webgpu`. For Node
 * only.
 * @module tfjs-optim/node-webgpu
 */
export {type GraphicsCard, startWebGPU, type WebGPUOptions} from './start_webgpu';
