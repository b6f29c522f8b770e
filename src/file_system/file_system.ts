import {mkdir} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {io} from '@tensorflow/tfjs-core';

import {shown} from '../util/shown';
import {inTurn} from './in_turn';
import {MODEL} from './layout';
import {readSaved} from './read';
import {writeSaved} from './write';

/** An IOHandler that saves to a folder and loads from it. */
export type FileSystem = Required<io.IOHandler>;

/**
 * An IOHandler for a folder, which holds one model or one optimizer. `model.save`, `tf.loadLayersModel`,
 * `saveOptimizer`, `loadOptimizer` and `checkpoint` accept it. It writes `model.json` and `weights.bin`, as tfjs-node's
 * `file://` does: tfjs-node, the TensorFlow.js converter and pages can load them. It also loads what those wrote, with
 * one weights file or several.
 *
 * Previous files are replaced at the very end, by renaming: where a process ends while it saves, the previous save
 * remains. Calls for one folder, in one process, run one after another. Other processes must not save to
 * it at the same time.
 * @param folder the path of the folder, which is created where it is missing, or of a `model.json` in it; also as a
 *   `file:` URL.
 * @throws where `folder` is not such a path. `save` and `load` reject where files can't be written or read; `load` also
 *   where they are not a model, are cut short, or come from two saves.
 * @example
 * ```ts
 * import {fileSystem} from 'tfjs-optim/file-system';
 *
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.save(fileSystem('out/docs/example'), {includeOptimizer: true});
 * const again = await tf.loadLayersModel(fileSystem('out/docs/example'));
 * ```
 */
export function fileSystem(folder: string | URL): FileSystem {
  const path = folderOf(folder);
  return {
    save: artifacts =>
      inTurn(path, async () => {
        await mkdir(path, {recursive: true});
        await writeSaved(path, artifacts);
        return {modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts)};
      }),
    load: () => inTurn(path, () => readSaved(path)),
  };
}

function folderOf(folder: unknown): string {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder;
  if (typeof path !== 'string' || path === '') throw notAFolder(shown(path));
  // As in tfjs-node, a relative path may follow: `fileURLToPath` would reject it.
  const plain = path.startsWith('file://') ? path.slice('file://'.length) : path;
  if (/^[a-z][\w+.-]+:\/\//i.test(plain)) throw notAFolder(`'${path}'. Give it to TensorFlow.js itself`);
  return basename(plain) === MODEL ? dirname(plain) : join(plain);
}

function notAFolder(got: string): Error {
  return new Error(`fileSystem needs the path of a folder, such as 'out/model'; got ${got}.`);
}
