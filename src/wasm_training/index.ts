/**
 * Trains any LayersModel on tfjs's WASM backend: `import 'tfjs-optim/wasm-training'` is enough. See
 * docs/wasm_training.md.
 * @module tfjs-optim/wasm-training
 */
import {registerWasmTraining} from './register';

registerWasmTraining();

export {registerWasmTraining, type WasmTrainingReport} from './register';
