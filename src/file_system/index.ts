/**
 * Saves models and optimizers to folders in Node, where plain TensorFlow.js has no place to save to. For Node, Deno
 * and Bun only: it uses `node:fs`.
 * @module tfjs-optim/file-system
 */
export {type FileSystem, fileSystem} from './file_system';
