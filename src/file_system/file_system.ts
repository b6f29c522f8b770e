import {mkdir} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {io} from '@tensorflow/tfjs-core';

import {inTurn} from './in_turn';
import {MODEL} from './layout';
import {readSaved} from './read';
import {writeSaved} from './write';

/** A folder to save to and to load from. */
export type FileSystem = Required<io.IOHandler>;

/**
 * A folder as a place for a model or an optimizer: `model.save`, `tf.loadLayersModel`, `saveOptimizer`,
 * `loadOptimizer` and `checkpoint` take it. It writes `model.json` and `weights.bin`, as tfjs-node's `file://` does,
 * so that tfjs-node, the TensorFlow.js converter and pages can load them; it also loads what those wrote, in one
 * weights file or several.
 *
 * What was there before is replaced at the very end, by renaming: a process that ends in the middle of saving leaves
 * what was saved before. Two calls of `save` for one folder, in one process, follow each other. Other processes must
 * not save to it at the same time.
 * @param folder the path of the folder, which is made if it is not there, or the path of a `model.json` in it; also as
 *   a `file:` URL. One folder holds one model, or one optimizer.
 * @throws (save, load: rejects) where files can't be written or read, and where what is read is not a model, is cut
 *   short, or is from two saves.
 */
export function fileSystem(folder: string | URL): FileSystem {
  const place = folderOf(folder);
  return {
    save: artifacts =>
      inTurn(place, async () => {
        await mkdir(place, {recursive: true});
        await writeSaved(place, artifacts);
        return {modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts)};
      }),
    load: () => inTurn(place, () => readSaved(place)),
  };
}

function folderOf(folder: unknown): string {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder;
  if (typeof path !== 'string' || path === '') throw notAFolder(path === '' ? "''" : String(path));
  // As tfjs-node reads it: a relative path may follow.
  const plain = path.startsWith('file://') ? path.slice('file://'.length) : path;
  if (/^[a-z][\w+.-]+:\/\//i.test(plain)) throw notAFolder(`'${path}', which TensorFlow.js takes by itself`);
  return basename(plain) === MODEL ? dirname(plain) : join(plain);
}

function notAFolder(got: string): Error {
  return new Error(`fileSystem takes the path of a folder, such as 'out/model'; got ${got}.`);
}
