import {type io, util} from '@tensorflow/tfjs-core';

import {CHECKSUM} from './layout';

/** The content of a model.json of TensorFlow.js. */
export type SavedModel = Parameters<typeof io.getModelArtifactsForJSON>[0];

/** Bytes per element. */
const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Parses the text of a model.json; undefined where it is not a model. */
export function modelIn(text: string): SavedModel | undefined {
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch {
    // Of a text, it throws SyntaxErrors only.
    return undefined;
  }
  return isModel(model) ? model : undefined;
}

/** The checksum of the weights; undefined where another writer than `fileSystem` made the model.json. */
export function checksumIn(model: SavedModel): string | undefined {
  const checksum: unknown = Reflect.get(model, CHECKSUM);
  return typeof checksum === 'string' ? checksum : undefined;
}

/** The bytes of the weights; undefined where some are strings, whose length is only in the data. */
export function bytesOf(specs: readonly io.WeightsManifestEntry[]): number | undefined {
  let bytes = 0;
  for (const {dtype, quantization, shape} of specs) {
    // Without quantization, the weights are saved in their own type.
    const each = BYTES[quantization?.dtype ?? dtype];
    if (each === undefined) return undefined;
    bytes += each * util.sizeFromShape(shape);
  }
  return bytes;
}

function isModel(x: unknown): x is SavedModel {
  return (
    typeof x === 'object' &&
    x !== null &&
    'weightsManifest' in x &&
    Array.isArray(x.weightsManifest) &&
    x.weightsManifest.every(isGroup)
  );
}

function isGroup(x: unknown): boolean {
  return (
    typeof x === 'object' &&
    x !== null &&
    'paths' in x &&
    'weights' in x &&
    Array.isArray(x.paths) &&
    Array.isArray(x.weights) &&
    x.paths.every(path => typeof path === 'string') &&
    x.weights.every(isSpec)
  );
}

function isSpec(x: unknown): boolean {
  return (
    typeof x === 'object' &&
    x !== null &&
    'name' in x &&
    'dtype' in x &&
    'shape' in x &&
    typeof x.name === 'string' &&
    typeof x.dtype === 'string' &&
    Array.isArray(x.shape) &&
    x.shape.every(length => Number.isInteger(length) && length >= 0)
  );
}
