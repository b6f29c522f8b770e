/**
 * Optimizers, callbacks, schedules, and functions that train. Importing anything from it registers the optimizers, so
 * that saved models find them.
 *
 * In Node and as a script it has the kernels of all backends. Bundlers for pages take those for WebGL alone, since
 * kernels of four backends weigh more than the rest: on a page `import 'tfjs-optim/cpu'`, `'tfjs-optim/wasm'` and
 * `'tfjs-optim/webgpu'` bring the others.
 * @module tfjs-optim
 */
import './backends/cpu';
import './backends/wasm';
import './backends/webgpu';

export * from './browser';
