import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

// A bundle is not in the folder of the binaries.
const folder = process.env['TFJS_WASM_FOLDER'];
if (folder !== undefined) setWasmPaths(folder);
