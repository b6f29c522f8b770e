import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

// A bundle does not lie where the binaries do.
const folder = process.env['TFJS_WASM_FOLDER'];
if (folder !== undefined) setWasmPaths(folder);
