/**
 * Lets tfjs's WASM backend train any LayersModel. `import 'tfjs-optim/wasm-training'` is enough. See
 * docs/wasm_training.md.
 * @module tfjs-optim/wasm-training
 */
import {registerWasmTraining} from './register';

registerWasmTraining();

export {registerWasmTraining, type WasmTrainingOptions, type WasmTrainingReport} from './register';
