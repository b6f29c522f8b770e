// Chrome's engine has relaxed SIMD without a flag.
import {describeBackends} from '../support/backends';
import {itUsesRelaxedSimd} from '../wasm_training/relaxed_simd';

describeBackends('Relaxed SIMD in a page', itUsesRelaxedSimd, ['wasm']);
