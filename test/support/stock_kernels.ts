import {tf} from './tfjs';

/**
 * The products of TensorFlow.js's WASM backend as it registers them: this file is loaded before anything registers
 * others.
 */
export const stockProducts = ['BatchMatMul', '_FusedMatMul'].map(name => tf.getKernel(name, 'wasm'));
