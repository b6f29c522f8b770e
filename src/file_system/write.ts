import {open, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';

import type {io} from '@tensorflow/tfjs-core';

import {CHECKSUM, checksumOf, MODEL, piecesOf, UNFINISHED, WEIGHTS} from './layout';
import {bytesOf} from './saved_model';

/** Writes model.json and weights.bin. They replace the previous files only once both are on disk. */
export async function writeSaved(
  folder: string,
  {weightData, weightSpecs = [], ...described}: io.ModelArtifacts,
): Promise<void> {
  if (described.modelTopology instanceof ArrayBuffer)
    throw new Error('fileSystem needs a topology that is JSON; got an ArrayBuffer. Give it as JSON.');
  if (weightData === undefined && weightSpecs.length > 0)
    throw new Error('fileSystem needs the weights as weightData; got only weightSpecs. Add weightData.');
  const buffers = weightData === undefined ? [] : [weightData].flat();
  const expected = bytesOf(weightSpecs);
  const found = buffers.reduce((sum, {byteLength}) => sum + byteLength, 0);
  if (expected !== undefined && expected !== found)
    throw new Error(
      `fileSystem got weights of ${found} bytes; their weightSpecs need ${expected}. Give weightData that fits.`,
    );
  const model = JSON.stringify({
    ...described,
    weightsManifest: [{paths: [WEIGHTS], weights: weightSpecs}],
    [CHECKSUM]: checksumOf(buffers),
  });
  const [weightsFile, modelFile] = [join(folder, WEIGHTS), join(folder, MODEL)];
  try {
    await write(weightsFile + UNFINISHED, buffers);
    await write(modelFile + UNFINISHED, [new TextEncoder().encode(model)]);
    await rename(weightsFile + UNFINISHED, weightsFile);
  } catch (error) {
    // An error of the clean-up must not hide the first.
    await Promise.allSettled([weightsFile, modelFile].map(file => rm(file + UNFINISHED, {force: true})));
    throw error;
  }
  // Where this fails or is not reached, `readSaved` finds the unfinished model.json by its checksum.
  await rename(modelFile + UNFINISHED, modelFile);
}

async function write(file: string, buffers: ReadonlyArray<ArrayBuffer | Uint8Array>): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const buffer of buffers) for (const piece of piecesOf(new Uint8Array(buffer))) await handle.writeFile(piece);
    // Otherwise a loss of power could leave a renamed file without content.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
