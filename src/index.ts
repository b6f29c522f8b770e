/**
 * Optimizers, callbacks, schedules, and functions that train. Importing anything registers the optimizers, so that
 * saved models find them.
 *
 * In Node and as a script, it has the kernels of all backends. Bundlers for pages include only those for WebGL, because
 * the kernels of four backends are larger than everything else. A page gets the others with
 * `import 'tfjs-optim/cpu'`, `'tfjs-optim/wasm'` and `'tfjs-optim/webgpu'`.
 * @module tfjs-optim
 */
import './all';
import './backends/cpu';
import './backends/wasm';
import './backends/webgpu';

export * from './browser';
