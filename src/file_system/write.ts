import {open, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';

import type {io} from '@tensorflow/tfjs-core';

import {CHECKSUM, checksumOf, MODEL, piecesOf, UNFINISHED, WEIGHTS} from './layout';

/** Writes model.json and weights.bin, and puts them in the place of those that are there once both are on disk. */
export async function writeSaved(
  folder: string,
  {weightData, weightSpecs = [], ...described}: io.ModelArtifacts,
): Promise<void> {
  if (described.modelTopology instanceof ArrayBuffer)
    throw new Error('fileSystem saves a topology that is JSON; got a binary one.');
  if (weightData === undefined && weightSpecs.length > 0)
    throw new Error('fileSystem saves weights that are given as weightData; got weightSpecs alone.');
  const buffers = weightData === undefined ? [] : [weightData].flat();
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
    // What went wrong first is what to say.
    await Promise.allSettled([weightsFile, modelFile].map(file => rm(file + UNFINISHED, {force: true})));
    throw error;
  }
  // Where this fails, or never comes, `readSaved` finds the unfinished model.json by the checksum of the weights.
  await rename(modelFile + UNFINISHED, modelFile);
}

async function write(file: string, buffers: ReadonlyArray<ArrayBuffer | Uint8Array>): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const buffer of buffers) for (const piece of piecesOf(new Uint8Array(buffer))) await handle.writeFile(piece);
    // Otherwise a machine that loses power could have renamed a file without what is in it.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
