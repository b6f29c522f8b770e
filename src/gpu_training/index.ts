/**
 * Lets training on the backends `webgl` and `webgpu` launch fewer programs. `import 'tfjs-optim/gpu-training'` is
 * enough. See docs/gpu_training.md.
 * @module tfjs-optim/gpu-training
 */
import {registerGpuTraining} from './register';

registerGpuTraining();

export {type GpuTrainingReport, registerGpuTraining} from './register';
