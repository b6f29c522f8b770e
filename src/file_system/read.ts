import {type FileHandle, open, readFile, stat} from 'node:fs/promises';
import {isAbsolute, join, normalize} from 'node:path';

import {io} from '@tensorflow/tfjs-core';

import {checksumOf, MODEL, PIECE, UNFINISHED} from './layout';
import {bytesOf, checksumIn, modelIn, type SavedModel} from './saved_model';

/** Reads the files of `writeSaved`, or of another writer of TensorFlow.js's layout. */
export async function readSaved(folder: string): Promise<io.ModelArtifacts> {
  const text = await textOf(join(folder, MODEL));
  const model = text === undefined ? undefined : modelIn(text);
  if (text !== undefined && model === undefined) {
    throw new Error(
      `'${join(folder, MODEL)}' is not a model of TensorFlow.js: it is cut short, is not JSON, or has no ` +
        'weightsManifest. Save the model again.',
    );
  }
  const found = model === undefined ? undefined : await artifactsOf(folder, model);
  const saved = found ?? (await unfinished(folder));
  if (saved !== undefined) return saved;
  throw new Error(
    model === undefined
      ? `There is no '${join(folder, MODEL)}'. Save a model there by model.save(fileSystem('${folder}')).`
      : `The weights in '${folder}' do not belong to its ${MODEL}: a file was changed, cut short or copied alone. ` +
          'Save the model again.',
  );
}

/**
 * Reads a save of a process that ended after renaming the weights and before renaming model.json: both files are
 * complete, and model.json still has its unfinished name.
 */
async function unfinished(folder: string): Promise<io.ModelArtifacts | undefined> {
  const text = await textOf(join(folder, MODEL + UNFINISHED));
  const model = text === undefined ? undefined : modelIn(text);
  const isOurs =
    model !== undefined &&
    checksumIn(model) !== undefined &&
    (await Promise.all(pathsOf(folder, model).map(isFile))).every(Boolean);
  return isOurs ? artifactsOf(folder, model) : undefined;
}

/** The model with its weights; undefined where these do not have its checksum. */
async function artifactsOf(folder: string, model: SavedModel): Promise<io.ModelArtifacts | undefined> {
  const specs = io.getWeightSpecs(model.weightsManifest);
  const weights: ArrayBuffer[] = [];
  for (const path of pathsOf(folder, model)) weights.push(...(await contentOf(path)));
  const checksum = checksumIn(model);
  if (checksum !== undefined && checksumOf(weights) !== checksum) return undefined;
  const expected = bytesOf(specs);
  const found = weights.reduce((sum, {byteLength}) => sum + byteLength, 0);
  if (expected !== undefined && expected !== found)
    throw new Error(
      `The weights in '${folder}' have ${found} bytes; its ${MODEL} expects ${expected}. Save the model again.`,
    );
  // A model without weights has no buffer.
  const [only = new ArrayBuffer(0)] = weights;
  return io.getModelArtifactsForJSON(model, () => Promise.resolve([specs, weights.length > 1 ? weights : only]));
}

function pathsOf(folder: string, {weightsManifest}: SavedModel): string[] {
  return weightsManifest
    .flatMap(({paths}) => paths)
    .map(path => {
      if (isAbsolute(path) || /^\.\.(?:[/\\]|$)/.test(normalize(path))) {
        throw new Error(
          `The ${MODEL} in '${folder}' names the weights '${path}', which are outside of the folder. ` +
            'Move them into it, and change the path.',
        );
      }
      return join(folder, path);
    });
}

/** The text of a file; undefined where the file does not exist. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The content of a file, in consecutive buffers, which TensorFlow.js accepts as one. */
async function contentOf(file: string): Promise<ArrayBuffer[]> {
  try {
    const handle = await open(file);
    try {
      const {size} = await handle.stat();
      const buffers = Array.from(
        {length: Math.ceil(size / PIECE)},
        (_, i) => new ArrayBuffer(Math.min(PIECE, size - i * PIECE)),
      );
      for (const buffer of buffers) await fill(new Uint8Array(buffer), handle, file);
      return buffers;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error))
      throw new Error(`There is no '${file}', which the ${MODEL} beside it names. Copy the whole folder.`, {
        cause: error,
      });
    throw error;
  }
}

async function fill(bytes: Uint8Array, handle: FileHandle, file: string): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const {bytesRead} = await handle.read(bytes, done);
    if (bytesRead === 0) throw new Error(`'${file}' became shorter while it was read. Load it again.`);
    done += bytesRead;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
