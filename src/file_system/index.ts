/**
 * Saves models and optimizers to folders in Node, where TensorFlow.js without tfjs-node cannot save files. For Node,
 * Deno and Bun only: it uses `node:fs`.
 * @module tfjs-optim/file-system
 */
export {type FileSystem, fileSystem} from './file_system';
