import {describeBackends} from '../support/backends';
import {itUsesRelaxedSimd} from './relaxed_simd';

describeBackends('Relaxed SIMD', itUsesRelaxedSimd, ['wasm']);
